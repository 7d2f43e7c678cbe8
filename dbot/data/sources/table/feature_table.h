#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/formats/safetensors/safetensors.h"

namespace dbot::data {

inline constexpr std::string_view kFeaturesPart = "features";

/// The rows of a tensor in a safetensors file, as eval::write_embedding writes them: float32 [rows,
/// …], and beside it, where there are any, "labels", int64 [rows], with the names of their classes
/// as a JSON list under "classes" in the header. A sample is a row: part "features", which lies in
/// the mapped file and is read by a value_part.
class FeatureTable final : public Dataset {
 public:
  /// `tensor`: its name, "cls" or "mean". Throws DataError naming the file if it is broken or has
  /// no such tensor.
  FeatureTable(const std::filesystem::path& path, std::string_view tensor);

  std::int64_t size() const override { return features_->shape.front(); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

  /// Of a row.
  std::span<const std::int64_t> row_shape() const { return std::span(features_->shape).subspan(1); }

 private:
  void read_labels();

  std::string path_;
  formats::SafetensorsFile file_;
  const formats::TensorBytes* features_;
  std::vector<std::int64_t> labels_;  // empty: unlabelled
  std::vector<std::string> classes_;
};

}  // namespace dbot::data
