#include "dbot/formats/torch/numpy_array.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "dbot/core/error.h"
#include "dbot/formats/safetensors/safetensors_header.h"
#include "dbot/formats/safetensors/safetensors_json.h"

namespace dbot::formats {
namespace {

[[noreturn]] void malformed_array(std::string_view what) {
  throw DataError(
      {.fault = Fault::corrupt, .reason = fmt::format("an array of numpy is malformed: {}", what)});
}

bool is_reconstructed(const PickleValue& value) {
  return value.text == "numpy.core.multiarray._reconstruct" ||
         value.text == "numpy._core.multiarray._reconstruct";
}

bool is_from_buffer(const PickleValue& value) {
  return value.text == "numpy.core.numeric._frombuffer" ||
         value.text == "numpy._core.numeric._frombuffer";
}

/// Where the parts of an array stand.
struct ArrayParts {
  const PickleValue* shape = nullptr;
  const PickleValue* type = nullptr;
  const PickleValue* bytes = nullptr;
  bool columns_first = false;  // Fortran's order
};

const PickleValue& item(const PickleValue& value, std::size_t index) {
  if (index >= value.items.size()) malformed_array("it has too few parts");
  return *value.items[index];
}

ArrayParts parts_of(const PickleValue& value) {
  if (is_from_buffer(value)) {
    return {&item(value, 2), &item(value, 1), &item(value, 0), item(value, 3).text == "F"};
  }
  if (value.state == nullptr || value.state->kind != PickleKind::tuple)
    malformed_array("it has no state");
  // Since numpy 1 the version stands before the other four.
  const std::size_t first = value.state->items.size() == 5 ? 1 : 0;
  return {&item(*value.state, first), &item(*value.state, first + 1),
          &item(*value.state, first + 3), item(*value.state, first + 2).integer != 0};
}

std::optional<ElementType> numpy_type(std::string_view code) {
  constexpr std::array kCodes{std::pair{std::string_view("f2"), ElementType::float16},
                              std::pair{std::string_view("f4"), ElementType::float32},
                              std::pair{std::string_view("f8"), ElementType::float64},
                              std::pair{std::string_view("i1"), ElementType::int8},
                              std::pair{std::string_view("i2"), ElementType::int16},
                              std::pair{std::string_view("i4"), ElementType::int32},
                              std::pair{std::string_view("i8"), ElementType::int64},
                              std::pair{std::string_view("u1"), ElementType::uint8},
                              std::pair{std::string_view("u2"), ElementType::uint16},
                              std::pair{std::string_view("u4"), ElementType::uint32},
                              std::pair{std::string_view("u8"), ElementType::uint64},
                              std::pair{std::string_view("b1"), ElementType::boolean},
                              std::pair{std::string_view("c8"), ElementType::complex64}};
  const auto* found =
      std::ranges::find_if(kCodes, [code](const auto& entry) { return entry.first == code; });
  return found == kCodes.end() ? std::nullopt : std::optional(found->second);
}

/// Its bytes stand in the other order: '>' in the state of the type.
bool is_big_endian(const PickleValue& type) {
  return type.state != nullptr && type.state->items.size() > 1 && type.state->items[1]->text == ">";
}

std::vector<std::int64_t> extents_of(const PickleValue& shape) {
  if (shape.kind != PickleKind::tuple || shape.items.size() > kMostDimensions) {
    malformed_array(fmt::format("its shape is no tuple of at most {} numbers", kMostDimensions));
  }
  std::vector<std::int64_t> numbers;
  for (const PickleValue* extent : shape.items) {
    if (extent->kind != PickleKind::integer || extent->integer < 0) {
      malformed_array("an extent is no whole number");
    }
    numbers.push_back(extent->integer);
  }
  return numbers;
}

/// Strides of an array without gaps; its extents were found to count in 63 bits.
std::vector<std::int64_t> dense_strides(const std::vector<std::int64_t>& shape,
                                        bool columns_first) {
  std::vector<std::int64_t> strides(shape.size());
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = columns_first ? i : shape.size() - 1 - i;
    strides[axis] = stride;
    stride *= std::max<std::int64_t>(shape[axis], 1);
  }
  return strides;
}

/// The bytes that Python 3 writes into a pickle of protocol 2 as a text, a character each.
std::string bytes_of_latin(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
      continue;
    }
    const bool two = (lead == 0xc2 || lead == 0xc3) && i + 1 < text.size() &&
                     (static_cast<unsigned char>(text[i + 1]) & 0xc0) == 0x80;
    if (!two) malformed_array("its bytes are no text of Latin-1");
    bytes += static_cast<char>((lead & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
  }
  return bytes;
}

}  // namespace

bool is_array(const PickleValue& value) {
  return value.kind == PickleKind::object && (is_reconstructed(value) || is_from_buffer(value));
}

std::string_view ArrayReader::bytes_of(const PickleValue& value) {
  // Python 2 has no bytes beside texts.
  if (value.kind == PickleKind::bytes || value.kind == PickleKind::text) return value.text;
  const bool empty = value.text == "builtins.bytes" || value.text == "__builtin__.bytes";
  if (value.kind == PickleKind::object && empty && value.items.empty()) return {};
  if (value.kind != PickleKind::object || value.text != "_codecs.encode" ||
      value.items.size() != 2 || item(value, 0).kind != PickleKind::text) {
    malformed_array("its bytes are not in the file");
  }
  const auto known = decoded_.find(&value);
  if (known != decoded_.end()) return known->second;
  const std::string_view encoding = item(value, 1).text;
  if (encoding != "latin1" && encoding != "latin-1")
    malformed_array("its bytes are in another encoding");
  const std::string& bytes = texts_.emplace_back(bytes_of_latin(item(value, 0).text));
  return decoded_.emplace(&value, bytes).first->second;
}

std::variant<StoredTensor, std::string> ArrayReader::read(const PickleValue& value) {
  const ArrayParts parts = parts_of(value);
  if (parts.type->kind != PickleKind::object || parts.type->text != "numpy.dtype" ||
      parts.type->items.empty()) {
    malformed_array("it has no type");
  }
  const std::string_view code = parts.type->items.front()->text;
  const auto type = numpy_type(code);
  if (!type) return fmt::format("its type {} of numpy is not one dbot reads", printable(code));
  if (is_big_endian(*parts.type)) return "its bytes stand in big-endian order";
  StoredTensor tensor;
  tensor.type = *type;
  tensor.shape = extents_of(*parts.shape);
  const auto expected = byte_count(tensor.type, tensor.shape);
  const std::string_view bytes = bytes_of(*parts.bytes);
  if (!expected || *expected != bytes.size()) {
    malformed_array(fmt::format("it has {} bytes, which its extents do not give", bytes.size()));
  }
  tensor.strides = dense_strides(tensor.shape, parts.columns_first);
  tensor.storage = std::as_bytes(std::span(bytes));
  return tensor;
}

}  // namespace dbot::formats
