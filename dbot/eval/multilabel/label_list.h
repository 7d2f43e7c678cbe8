#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::eval {

/// Which labels hold of each sample of a data set, as a table beside it with commas or tabs: the
/// first row names the columns "sample", the name within the data set (Dataset::key), and
/// "labels", with a | between them.
struct LabelList {
  std::vector<std::string> labels;  // by the alphabet
  std::unordered_map<std::string, std::vector<std::uint8_t>> of_sample;
};

/// `name` is the file's in messages. Throws DataError ("[data] NAME:LINE: reason") for a row of
/// another length, a sample that is named twice, missing columns, and fewer than two labels.
LabelList parse_label_list(std::string_view content, std::string_view name);
LabelList read_label_list(const std::filesystem::path& file);

/// Places of the samples that the list names, rising.
std::vector<std::int64_t> listed_samples(const data::Dataset& dataset, const LabelList& list);

}  // namespace dbot::eval
