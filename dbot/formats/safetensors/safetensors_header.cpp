#include "dbot/formats/safetensors/safetensors_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_json.h"

namespace dbot::formats {
namespace {

void check_tensor(const HeaderTensor& tensor, std::uint64_t data_size) {
  const auto bytes = byte_count(tensor.type, tensor.shape);
  if (!bytes) {
    throw DataError(
        {.fault = Fault::too_large,
         .reason = fmt::format("tensor {}: the shape [{}] has more elements than 64 bits count",
                               printable(tensor.name), fmt::join(tensor.shape, ", "))});
  }
  if (tensor.begin > tensor.end || tensor.end > data_size) {
    throw DataError(
        {.fault = Fault::corrupt,
         .reason = fmt::format("tensor {}: data_offsets are [{}, {}], expected an ascending pair "
                               "within the {} bytes of data",
                               printable(tensor.name), tensor.begin, tensor.end, data_size)});
  }
  if (tensor.end - tensor.begin != *bytes) {
    throw DataError(
        {.fault = Fault::corrupt,
         .reason = fmt::format("tensor {}: data_offsets span {} bytes, expected {} for {} [{}]",
                               printable(tensor.name), tensor.end - tensor.begin, *bytes,
                               element_name(tensor.type), fmt::join(tensor.shape, ", "))});
  }
}

/// Tensors must follow each other and cover the data to its end: a byte belongs to exactly one.
void check_coverage(const std::vector<HeaderTensor>& tensors, std::uint64_t data_size) {
  std::uint64_t expected = 0;
  for (const HeaderTensor& tensor : tensors) {
    if (tensor.begin != expected) {
      throw DataError({.fault = Fault::corrupt,
                       .reason = fmt::format(
                           "tensor {} begins at byte {} of the data, expected {}: it {}",
                           printable(tensor.name), tensor.begin, expected,
                           tensor.begin < expected ? "overlaps the one before" : "leaves a gap")});
    }
    expected = tensor.end;
  }
  if (expected != data_size) {
    throw DataError(
        {.fault = Fault::corrupt,
         .reason = fmt::format("the tensors cover {} bytes, but {} bytes of data follow the header",
                               expected, data_size)});
  }
}

}  // namespace

Header parse_header(std::string_view json, std::uint64_t data_size) {
  Header header = parse_header_json(json);
  for (const HeaderTensor& tensor : header.tensors) check_tensor(tensor, data_size);
  std::stable_sort(header.tensors.begin(), header.tensors.end(),
                   [](const HeaderTensor& a, const HeaderTensor& b) {
                     return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
                   });
  check_coverage(header.tensors, data_size);
  return header;
}

std::string write_header(const std::map<std::string, std::string>& metadata,
                         std::span<const TensorBytes> tensors) {
  // Put together by hand: nlohmann's objects either sort their keys or search them one by one.
  std::vector<std::string> entries;
  try {
    if (!metadata.empty()) {
      entries.push_back(fmt::format("\"{}\":{}", kMetadataKey, nlohmann::json(metadata).dump()));
    }
    std::uint64_t begin = 0;
    for (const TensorBytes& tensor : tensors) {
      const std::uint64_t end = begin + tensor.data.size();
      entries.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                                    nlohmann::json(tensor.name).dump(), element_name(tensor.type),
                                    fmt::join(tensor.shape, ","), begin, end));
      begin = end;
    }
  } catch (const nlohmann::json::exception&) {
    throw Error("a name or a metadata text is not valid UTF-8");
  }
  return fmt::format("{{{}}}", fmt::join(entries, ","));
}

}  // namespace dbot::formats
