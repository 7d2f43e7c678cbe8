#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/text/tables/labelled_texts.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/tables/tf_idf.h"

// Rows of numbers with a set of labels each, as learners of several labels read them.
namespace dbot::data {

/// Rows in memory (row_parts.h). `classes` are the labels' names; no sample has one label alone, so
/// `label` is −1.
class LabelledRows final : public Dataset {
 public:
  LabelledRows(std::vector<SparseRow> rows, std::vector<std::vector<std::int32_t>> labels,
               std::vector<std::string> names, std::vector<std::string> label_names);

  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override { return std::to_string(index); }
  /// So that a changed row is seen when a run goes on.
  std::int64_t stored_bytes(std::int64_t index) const override;
  const std::vector<std::string>& classes() const override { return label_names_; }

 private:
  std::size_t checked(std::int64_t index) const;

  std::vector<SparseRow> rows_;
  std::vector<std::vector<std::int32_t>> labels_;
  std::vector<std::string> names_, label_names_;
};

/// What of labelled texts is learned from, and what is not.
struct LabelledRowParts {
  std::shared_ptr<const Dataset> train, held_out, test;
  std::int64_t width = 0;           // of a row
  std::vector<std::string> labels;  // names
  std::vector<std::string> words;   // what the places of a row stand for
  std::vector<float> frequencies;   // ln(n/df) of each
  std::string kind;                 // LabelledTextParts
};

/// The texts of a folder as bags of words, which the texts to train on decide. Of these a share,
/// drawn by the seed, is held out. Throws DataError as `open_labelled_texts`, and where nothing is
/// left to learn from or to hold out.
LabelledRowParts open_labelled_rows(const std::filesystem::path& folder, const TfIdfConfig& config,
                                    double held_out, std::uint64_t seed, const core::Log& log);

}  // namespace dbot::data
