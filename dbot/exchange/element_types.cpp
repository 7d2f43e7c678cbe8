#include "dbot/exchange/element_types.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <utility>
#include <vector>

#include "dbot/core/error.h"

namespace dbot::exchange {
namespace {

using formats::ElementType;
using formats::StoredTensor;

constexpr std::pair<ElementType, at::ScalarType> kTypes[] = {
    {ElementType::float64, at::kDouble},
    {ElementType::float32, at::kFloat},
    {ElementType::float16, at::kHalf},
    {ElementType::bfloat16, at::kBFloat16},
    {ElementType::int64, at::kLong},
    {ElementType::int32, at::kInt},
    {ElementType::int16, at::kShort},
    {ElementType::int8, at::kChar},
    {ElementType::uint8, at::kByte},
    {ElementType::uint16, at::kUInt16},
    {ElementType::uint32, at::kUInt32},
    {ElementType::uint64, at::kUInt64},
    {ElementType::boolean, at::kBool},
    {ElementType::float8_e5m2, at::kFloat8_e5m2},
    {ElementType::float8_e4m3, at::kFloat8_e4m3fn},
    {ElementType::complex64, at::kComplexFloat},
};

/// Copies elements one by one, in the order of the extents; a storage has no alignment.
void gather(const StoredTensor& stored, std::byte* target) {
  const std::size_t size = formats::element_size(stored.type);
  const std::size_t dimensions = stored.shape.size();
  std::vector<std::int64_t> index(dimensions, 0);
  std::int64_t place = stored.offset;
  for (std::int64_t left = stored.elements(); left > 0; --left) {
    std::memcpy(target, stored.storage.data() + static_cast<std::size_t>(place) * size, size);
    target += size;
    for (std::size_t i = dimensions; i-- > 0;) {
      place += stored.strides[i];
      if (++index[i] < stored.shape[i]) break;
      place -= index[i] * stored.strides[i];
      index[i] = 0;
    }
  }
}

}  // namespace

at::ScalarType scalar_type(ElementType type) {
  for (const auto& [element, scalar] : kTypes) {
    if (element == type) return scalar;
  }
  throw Error("[read tensors] an element type has no tensor type");  // the table covers all
}

std::optional<ElementType> element_type(at::ScalarType type) {
  for (const auto& [element, scalar] : kTypes) {
    if (scalar == type) return element;
  }
  return std::nullopt;
}

at::Tensor copy_of(const StoredTensor& stored) {
  at::Tensor tensor = at::empty(stored.shape, at::TensorOptions(scalar_type(stored.type)));
  if (tensor.numel() == 0) return tensor;
  if (stored.contiguous()) {
    const std::size_t begin =
        static_cast<std::size_t>(stored.offset) * formats::element_size(stored.type);
    std::memcpy(tensor.data_ptr(), stored.storage.data() + begin, tensor.nbytes());
  } else {
    gather(stored, static_cast<std::byte*>(tensor.data_ptr()));
  }
  return tensor;
}

}  // namespace dbot::exchange
