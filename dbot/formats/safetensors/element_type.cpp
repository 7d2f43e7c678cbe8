#include <algorithm>
#include <array>

#include "dbot/formats/safetensors/safetensors.h"
#include "dbot/formats/safetensors/safetensors_header.h"

namespace dbot::formats {
namespace {

struct Element {
  ElementType type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array kElements{
    Element{ElementType::float64, "F64", 8},
    Element{ElementType::float32, "F32", 4},
    Element{ElementType::float16, "F16", 2},
    Element{ElementType::bfloat16, "BF16", 2},
    Element{ElementType::int64, "I64", 8},
    Element{ElementType::int32, "I32", 4},
    Element{ElementType::int16, "I16", 2},
    Element{ElementType::int8, "I8", 1},
    Element{ElementType::uint8, "U8", 1},
    Element{ElementType::uint16, "U16", 2},
    Element{ElementType::uint32, "U32", 4},
    Element{ElementType::uint64, "U64", 8},
    Element{ElementType::boolean, "BOOL", 1},
    Element{ElementType::float8_e5m2, "F8_E5M2", 1},
    Element{ElementType::float8_e4m3, "F8_E4M3", 1},
    Element{ElementType::complex64, "C64", 8},
};

// The table is in the order of the enumeration.
const Element& element(ElementType type) {
  return kElements.at(static_cast<std::size_t>(type));
}

}  // namespace

std::size_t element_size(ElementType type) {
  return element(type).size;
}

std::string_view element_name(ElementType type) {
  return element(type).name;
}

std::optional<ElementType> element_type(std::string_view name) {
  const auto found = std::find_if(kElements.begin(), kElements.end(),
                                  [&](const Element& known) { return known.name == name; });
  return found == kElements.end() ? std::nullopt : std::optional(found->type);
}

std::optional<std::uint64_t> byte_count(ElementType type, const std::vector<std::int64_t>& shape) {
  std::uint64_t count = element_size(type);
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) {
      return std::nullopt;
    }
  }
  return count;
}

}  // namespace dbot::formats
