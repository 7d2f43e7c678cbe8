#include "dbot/nn/masked/mask_bits.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <bit>
#include <functional>
#include <numeric>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

constexpr std::int64_t kBits = 8;

void require_bits(bool holds, const at::Tensor& bits, std::int64_t elements) {
  if (holds) return;
  throw Error({.operation = "mask bits",
               .subject = fmt::format("a tensor of {} bytes", bits.numel()),
               .fault = Fault::mismatch,
               .reason = fmt::format("holds no mask of {} elements", elements)});
}

}  // namespace

std::int64_t mask_bytes(std::int64_t elements) {
  return (elements + kBits - 1) / kBits;
}

at::Tensor pack_mask(const at::Tensor& mask) {
  const at::Tensor marks = mask.cpu().contiguous();
  at::Tensor bits = at::zeros({mask_bytes(marks.numel())}, at::kByte);
  const bool* from = marks.const_data_ptr<bool>();
  std::uint8_t* to = bits.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < marks.numel(); ++i) {
    to[i / kBits] |= static_cast<std::uint8_t>((from[i] ? 1U : 0U) << (i % kBits));
  }
  return bits;
}

at::Tensor unpack_mask(const at::Tensor& bits, at::IntArrayRef shape) {
  const std::int64_t elements =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  require_bits(
      bits.scalar_type() == at::kByte && bits.dim() == 1 && bits.numel() == mask_bytes(elements),
      bits, elements);
  const at::Tensor packed = bits.cpu().contiguous();
  at::Tensor mask = at::empty(shape, at::kBool);
  const std::uint8_t* from = packed.const_data_ptr<std::uint8_t>();
  bool* to = mask.mutable_data_ptr<bool>();
  for (std::int64_t i = 0; i < elements; ++i) {
    to[i] = ((from[i / kBits] >> (i % kBits)) & 1U) != 0;
  }
  const bool rest_is_clear =
      elements % kBits == 0 || from[elements / kBits] >> (elements % kBits) == 0;
  require_bits(rest_is_clear, bits, elements);
  return mask;
}

std::int64_t count_common(const at::Tensor& first, const at::Tensor& second) {
  require_bits(first.sizes() == second.sizes(), first, kBits * second.numel());
  const std::uint8_t* one = first.const_data_ptr<std::uint8_t>();
  const std::uint8_t* other = second.const_data_ptr<std::uint8_t>();
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < first.numel(); ++i) {
    count += std::popcount(static_cast<unsigned>(one[i] & other[i]));
  }
  return count;
}

}  // namespace dbot::nn
