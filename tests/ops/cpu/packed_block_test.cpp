// A block whose matrices are packed once, as a frozen teacher keeps it.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "dbot/ops/cpu/kernels/bf16/block_product.h"
#include "dbot/ops/transformer_block.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/cpu/bf16_numbers.h"

namespace dbot::ops {
namespace {

constexpr std::int64_t kBlockWidth = 40, kBlockHidden = 72;

TransformerBlockWeights small_block(bool with_layer_scale) {
  TransformerBlockWeights weights{
      .norm1_weight = 1 + float_numbers({kBlockWidth}, 1, 0.3),
      .norm1_bias = float_numbers({kBlockWidth}, 2, 0.3),
      .qkv_weight = float_numbers({3 * kBlockWidth, kBlockWidth}, 3, 0.2),
      .qkv_bias = float_numbers({3 * kBlockWidth}, 4, 0.3),
      .proj_weight = float_numbers({kBlockWidth, kBlockWidth}, 5, 0.2),
      .proj_bias = float_numbers({kBlockWidth}, 6, 0.3),
      .norm2_weight = 1 + float_numbers({kBlockWidth}, 7, 0.3),
      .norm2_bias = float_numbers({kBlockWidth}, 8, 0.3),
      .fc1_weight = float_numbers({kBlockHidden, kBlockWidth}, 9, 0.2),
      .fc1_bias = float_numbers({kBlockHidden}, 10, 0.3),
      .fc2_weight = float_numbers({kBlockWidth, kBlockHidden}, 11, 0.2),
      .fc2_bias = float_numbers({kBlockWidth}, 12, 0.3)};
  if (with_layer_scale) {
    weights.attention_scale = float_numbers({kBlockWidth}, 13, 0.5);
    weights.mlp_scale = float_numbers({kBlockWidth}, 14, 0.5);
  }
  return weights;
}

TransformerBlockOptions bf16_options() {
  return {.heads = 2, .compute = at::kBFloat16};
}

/// Any kernels but the reference.
class PackedBlocks : public testing::Test {
 protected:
  PackedBlocks() { simd::use_kernel_level(simd::supported_kernel_levels().back()); }
  ~PackedBlocks() override { simd::use_kernel_level("auto"); }

  const at::NoGradGuard no_graph_;
  const at::Tensor x_ = float_numbers({2, 9, kBlockWidth}, 99, 1.0);
};

TEST_F(PackedBlocks, GiveTheBitsOfABlockThatPacksItself) {
  const ChosenEngine engine(BlockEngine::emulated_tiles);
  for (const bool with_layer_scale : {false, true}) {
    const TransformerBlockWeights weights = small_block(with_layer_scale);
    const TransformerBlockWeights frozen = frozen_weights(weights, at::kBFloat16);
    ASSERT_NE(frozen.packed, nullptr);
    EXPECT_TRUE(at::equal(transformer_block(x_, frozen, bf16_options(), {}),
                          transformer_block(x_, weights, bf16_options(), {})));
  }
}

/// The weights are read once, when they are packed: a teacher asks again when they change.
TEST_F(PackedBlocks, KeepTheWeightsOfThen) {
  const ChosenEngine engine(BlockEngine::emulated_tiles);
  const TransformerBlockWeights weights = small_block(false);
  const TransformerBlockWeights frozen = frozen_weights(weights, at::kBFloat16);
  const at::Tensor before = transformer_block(x_, frozen, bf16_options(), {});
  weights.fc1_weight.mul_(2);
  EXPECT_TRUE(at::equal(transformer_block(x_, frozen, bf16_options(), {}), before));
  EXPECT_FALSE(at::equal(transformer_block(x_, weights, bf16_options(), {}), before));
}

TEST_F(PackedBlocks, WorkUnderOtherKernelsToo) {
  const TransformerBlockWeights weights = small_block(true);
  TransformerBlockWeights frozen;
  {
    const ChosenEngine engine(BlockEngine::emulated_tiles);
    frozen = frozen_weights(weights, at::kBFloat16);
  }
  simd::use_kernel_level(simd::KernelLevel::portable);
  EXPECT_TRUE(at::equal(transformer_block(x_, frozen, bf16_options(), {}),
                        transformer_block(x_, weights, bf16_options(), {})));
}

TEST_F(PackedBlocks, AreMadeForBfloat16Alone) {
  const ChosenEngine engine(BlockEngine::emulated_tiles);
  EXPECT_EQ(frozen_weights(small_block(false), at::kFloat).packed, nullptr);
  const ChosenEngine none(BlockEngine::none);
  EXPECT_EQ(frozen_weights(small_block(false), at::kBFloat16).packed, nullptr);
}

}  // namespace
}  // namespace dbot::ops
