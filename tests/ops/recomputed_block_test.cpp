#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dbot/ops/backends.h"
#include "tests/ops/operation_table.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/test_devices.h"

// Blocks that keep their input alone: the same bits, less memory.
namespace dbot::ops {
namespace {

constexpr std::int64_t kWidth = 24, kHidden = 96, kHeads = 2, kTokens = 17, kBatch = 3;

struct Stack {
  explicit Stack(const at::Device& device, at::ScalarType compute, std::size_t depth)
      : options{.heads = kHeads, .compute = compute} {
    std::uint64_t seed = 1;
    const auto numbers = [&](std::vector<std::int64_t> shape, double size) {
      at::Tensor leaf = table_numbers(shape, ++seed, size).to(device, at::kFloat);
      leaves.push_back(leaf.requires_grad_(true));
      return leaf;
    };
    const auto vector = [&](std::int64_t size) { return numbers({size}, 0.3); };
    table = numbers({kHeads, kTokens, kTokens}, 0.5);
    for (std::size_t i = 0; i < depth; ++i) {
      blocks.push_back({vector(kWidth), vector(kWidth), numbers({3 * kWidth, kWidth}, 0.2),
                        vector(3 * kWidth), numbers({kWidth, kWidth}, 0.2), vector(kWidth),
                        vector(kWidth), vector(kWidth), numbers({kHidden, kWidth}, 0.2),
                        vector(kHidden), numbers({kWidth, kHidden}, 0.2), vector(kWidth)});
      blocks.back().attention_scale = vector(kWidth);
    }
    x = numbers({kBatch, kTokens, kWidth}, 1);
    scales = {at::linspace(1.5, 0, kBatch).to(device), at::linspace(1.25, 0.5, kBatch).to(device)};
  }

  /// The result and all gradients. The bias of attention is computed of one that all share.
  std::vector<at::Tensor> run(bool recompute) {
    recompute_blocks(recompute);
    at::Tensor y = x * 1;
    for (TransformerBlockWeights& block : blocks) {
      block.attention_bias = table * 2;
      y = transformer_block(y, block, options, scales);
      block.attention_bias.reset();
    }
    recompute_blocks(false);
    y.square().sum().backward();
    std::vector<at::Tensor> results{y.detach().cpu()};
    for (at::Tensor& leaf : leaves) {
      results.push_back(leaf.grad().cpu());
      leaf.mutable_grad().reset();
    }
    return results;
  }

  TransformerBlockOptions options;
  std::vector<at::Tensor> leaves;
  std::vector<TransformerBlockWeights> blocks;
  at::Tensor table, x;
  BranchScales scales;
};

class Recomputed : public testing::TestWithParam<std::string> {};

TEST_P(Recomputed, BlocksHaveTheSameBits) {
  for (const at::ScalarType compute : {at::kFloat, at::kBFloat16}) {
    Stack stack(test::device_named(GetParam()), compute, 3);
    const auto kept = stack.run(false), again = stack.run(true);
    ASSERT_EQ(kept.size(), again.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_TRUE(at::equal(kept[i], again[i])) << "result " << i;
    }
  }
}

TEST_P(Recomputed, BlocksKeepTheirInputAlone) {
  if (GetParam() == "cpu" || GetParam() == "cuda") GTEST_SKIP() << "memory is counted elsewhere";
  Stack stack(test::device_named(GetParam()), at::kFloat, 8);
  stack.run(false);  // what is made once
  const std::size_t kept = test::fake::peak_bytes([&] { stack.run(false); });
  const std::size_t again = test::fake::peak_bytes([&] { stack.run(true); });
  // One block's own results are there while it is computed again, beside eight inputs.
  EXPECT_LT(again, kept * 4 / 5) << kept << " bytes before";
}

INSTANTIATE_TEST_SUITE_P(Devices, Recomputed, testing::ValuesIn(test::test_devices()),
                         [](const auto& device) { return device.param; });

}  // namespace
}  // namespace dbot::ops
