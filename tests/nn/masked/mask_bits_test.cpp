#include "dbot/nn/masked/mask_bits.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

TEST(MaskBits, HoldAnyMask) {
  for (const std::int64_t size : {0, 1, 7, 8, 9, 1000}) {
    const at::Tensor mask = (at::arange(size) * 37 % 11).gt(5);
    const at::Tensor bits = pack_mask(mask);
    EXPECT_EQ(bits.numel(), (size + 7) / 8);
    EXPECT_TRUE(at::equal(unpack_mask(bits, {size}), mask)) << size;
    EXPECT_EQ(count_common(bits, bits), mask.sum().item<std::int64_t>());
  }
  const at::Tensor one = pack_mask(at::tensor({1, 1, 0, 0}).to(at::kBool));
  const at::Tensor other = pack_mask(at::tensor({0, 1, 1, 0}).to(at::kBool));
  EXPECT_EQ(one[0].item<int>(), 3) << "the first element is the lowest bit";
  EXPECT_EQ(count_common(one, other), 1);
}

TEST(MaskBits, RefuseWhatIsNoMask) {
  EXPECT_THROW(unpack_mask(at::zeros({1}, at::kByte), {9}), Error);
  EXPECT_THROW(unpack_mask(at::zeros({2}, at::kByte), {8}), Error);
  EXPECT_THROW(unpack_mask(at::zeros({1}), {8}), Error);
  EXPECT_THROW(unpack_mask(at::full({1}, 0xF0, at::kByte), {4}), Error) << "bits behind the end";
  EXPECT_THROW(count_common(at::zeros({1}, at::kByte), at::zeros({2}, at::kByte)), Error);
}

}  // namespace
}  // namespace dbot::nn
