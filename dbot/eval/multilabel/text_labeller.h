#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/text/tables/tf_idf.h"
#include "dbot/methods/policy_multilabel/label_network.h"

namespace dbot::eval {

/// A classifier of several labels as a run leaves it (model.safetensors), applied to new texts: its
/// weights, its labels with their thresholds, and the words that a text's row counts.
class TextLabeller {
 public:
  /// Throws DataError, naming the file and what is wrong: a file of another network, a part that is
  /// missing or of another size, rows that stand for no words.
  static TextLabeller read(const std::filesystem::path& file);

  const std::vector<std::string>& labels() const { return labels_; }
  /// From which score on each label holds.
  const std::vector<double>& thresholds() const { return thresholds_; }
  /// float32 [texts, labels], 0…1.
  at::Tensor scores(const core::TextList& texts) const;

 private:
  TextLabeller(std::vector<std::string> labels, std::vector<double> thresholds, data::TfIdf words,
               methods::LabelNetwork network);

  std::vector<std::string> labels_;
  std::vector<double> thresholds_;
  data::TfIdf words_;
  methods::LabelNetwork network_;
};

}  // namespace dbot::eval
