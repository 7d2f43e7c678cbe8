#include "dbot/data/sources/table/feature_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "dbot/data/data_error.h"

namespace dbot::data {

FeatureTable::FeatureTable(const std::filesystem::path& path, std::string_view tensor)
    : path_(path.string()),
      file_(formats::SafetensorsFile::open(path)),
      features_(file_.find(tensor)) {
  const bool good = features_ != nullptr && features_->type == formats::ElementType::float32 &&
                    features_->shape.size() >= 2;
  if (!good) {
    throw data_error(path_, Fault::mismatch,
                     fmt::format("has no tensor \"{}\" of float32 [rows, features]", tensor));
  }
  read_labels();
}

void FeatureTable::read_labels() {
  const auto* labels = file_.find("labels");
  const auto named = file_.metadata().find("classes");
  if (labels == nullptr || named == file_.metadata().end()) return;
  const bool fits = labels->type == formats::ElementType::int64 && labels->shape.size() == 1 &&
                    labels->shape[0] == size();
  const auto names = nlohmann::json::parse(named->second, nullptr, /*allow_exceptions=*/false);
  const bool texts = names.is_array() &&
                     std::ranges::all_of(names, [](const auto& name) { return name.is_string(); });
  if (!fits || !texts) {
    throw data_error(path_, Fault::corrupt, "its labels are no numbers of classes, one a row");
  }
  classes_ = names.get<std::vector<std::string>>();
  labels_.resize(static_cast<std::size_t>(size()));
  std::memcpy(labels_.data(), labels->data.data(), labels->data.size());
  const auto count = static_cast<std::int64_t>(classes_.size());
  if (std::ranges::any_of(labels_, [&](auto label) { return label < -1 || label >= count; })) {
    throw data_error(path_, Fault::corrupt, fmt::format("has a label beyond {} classes", count));
  }
}

void FeatureTable::read(std::int64_t index, Sample& sample) const {
  if (index < 0 || index >= size()) {
    throw data_error(path_, Fault::other, fmt::format("has no row {} of {}", index, size()));
  }
  sample.begin(name(index));
  const auto row_bytes = features_->data.size() / static_cast<std::size_t>(size());
  sample.add(kFeaturesPart)
      .borrow_values(c10::ScalarType::Float, row_shape(),
                     features_->data.data() + static_cast<std::size_t>(index) * row_bytes);
}

std::int64_t FeatureTable::label(std::int64_t index) const {
  return labels_.empty() ? -1 : labels_.at(static_cast<std::size_t>(index));
}

std::string FeatureTable::name(std::int64_t index) const {
  return fmt::format("{}[{}]", path_, index);
}

}  // namespace dbot::data
