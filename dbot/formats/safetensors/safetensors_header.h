#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/formats/safetensors/safetensors.h"

// The JSON header of a safetensors file, read and checked without looking at any data.
namespace dbot::formats {

/// What the header says of one tensor: its data are bytes [begin, end) of the data section.
struct HeaderTensor {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<HeaderTensor> tensors;  // in the order of their data
};

/// The official readers' limit on the header's length, in bytes.
constexpr std::uint64_t kLongestHeader = 100'000'000;

/// Reads and checks a header for a data section of `data_size` bytes. Throws DataError with what is
/// wrong (and no path: the caller knows it).
Header parse_header(std::string_view json, std::uint64_t data_size);

/// The header's JSON, without padding. Equal input gives equal text.
std::string write_header(const std::map<std::string, std::string>& metadata,
                         std::span<const TensorBytes> tensors);

/// The type of that name; empty if there is none.
std::optional<ElementType> element_type(std::string_view name);

/// Bytes of a tensor; empty if an extent is negative or the product exceeds 64 bits.
std::optional<std::uint64_t> byte_count(ElementType type, const std::vector<std::int64_t>& shape);

}  // namespace dbot::formats
