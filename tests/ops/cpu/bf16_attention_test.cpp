// Attention by products of bfloat16 on the shapes that networks have, beside double precision and
// beside LibTorch's products.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "dbot/ops/cpu/attention.h"
#include "dbot/ops/cpu/kernels/bf16/block_product.h"
#include "dbot/runtime/precision.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/cpu/bf16_numbers.h"

namespace dbot::ops {
namespace {

struct AttentionCase {
  std::int64_t batch, tokens, heads, head_width;
  bool bias, padding;
  bool emulated_tiles;
};

std::string attention_name(const testing::TestParamInfo<AttentionCase>& info) {
  const AttentionCase& c = info.param;
  return std::to_string(c.batch) + "x" + std::to_string(c.tokens) + "_" + std::to_string(c.heads) +
         "x" + std::to_string(c.head_width) + (c.bias ? "_bias" : "") +
         (c.padding ? "_padding" : "") + (c.emulated_tiles ? "_emulated_tiles" : "");
}

struct AttentionInputs {
  at::Tensor qkv, outer, bias, padding;
};

AttentionInputs attention_inputs(const AttentionCase& c) {
  const std::int64_t width = c.heads * c.head_width;
  AttentionInputs in{float_numbers({c.batch, c.tokens, 3 * width}, 1).to(at::kBFloat16),
                     float_numbers({c.batch, c.tokens, width}, 2).to(at::kBFloat16),
                     {},
                     {}};
  if (c.bias) in.bias = float_numbers({c.heads, c.tokens, c.tokens}, 3);
  if (c.padding) {
    in.padding = at::zeros({c.batch, c.tokens});
    in.padding.slice(1, 0, c.tokens / 3).fill_(1);
  }
  return in;
}

/// Context and the gradients of qkv and bias.
struct AttentionOutcome {
  at::Tensor context, qkv, bias;
};

/// In plain products, of any type.
AttentionOutcome by_plain_products(const AttentionCase& c, const AttentionInputs& in,
                                   at::ScalarType type) {
  const at::Tensor leaf = in.qkv.to(type, false, /*copy=*/true).requires_grad_(true);
  const at::Tensor bias =
      c.bias ? in.bias.to(type == at::kDouble ? type : at::kFloat, false, /*copy=*/true)
                   .requires_grad_(true)
             : at::Tensor();
  const at::Tensor qkv =
      leaf.view({c.batch, c.tokens, 3, c.heads, c.head_width}).permute({2, 0, 3, 1, 4});
  at::Tensor logits = at::matmul(qkv.select(0, 0), qkv.select(0, 1).transpose(-1, -2)) /
                      std::sqrt(static_cast<double>(c.head_width));
  if (c.bias) logits = logits + bias;
  if (c.padding) logits = logits.masked_fill(in.padding.gt(0.5).view({c.batch, 1, 1, -1}), -1e7);
  const at::Tensor weights =
      at::softmax(logits, -1, type == at::kDouble ? at::kDouble : at::kFloat).to(type);
  const at::Tensor context = at::matmul(weights, qkv.select(0, 2))
                                 .transpose(1, 2)
                                 .reshape({c.batch, c.tokens, c.heads * c.head_width});
  context.backward(in.outer.to(type));
  return {context.detach(), leaf.grad(), c.bias ? bias.grad() : at::Tensor()};
}

AttentionOutcome by_kernels(const AttentionCase& c, const AttentionInputs& in) {
  AttentionOutcome found;
  if (c.bias) found.bias = at::zeros_like(in.bias);
  const Attention attended = attention(in.qkv, c.heads, in.bias, in.padding);
  found.context = attended.context;
  found.qkv =
      attention_backward(in.qkv, attended, in.outer, c.heads, in.bias, found.bias, in.padding);
  return found;
}

class Bf16Attention : public testing::TestWithParam<AttentionCase> {};

TEST_P(Bf16Attention, IsNotFurtherFromDoublePrecisionThanLibTorchsProducts) {
  const AttentionCase& c = GetParam();
  if (!c.emulated_tiles && simd::kernel_level() < simd::KernelLevel::avx512_bf16) {
    GTEST_SKIP() << "this processor multiplies no bf16 matrices";
  }
  const AttentionInputs in = attention_inputs(c);
  const AttentionOutcome exact = by_plain_products(c, in, at::kDouble);
  const ChosenEngine chosen(c.emulated_tiles ? BlockEngine::emulated_tiles : block_engine());
  const AttentionOutcome found = by_kernels(c, in);
  // Without instructions for it, LibTorch's products of bfloat16 take too long.
  const bool compares = runtime::cpu_has_fast_bf16();
  const AttentionOutcome libtorch =
      compares ? by_plain_products(c, in, at::kBFloat16) : AttentionOutcome();
  const auto limit = [&](const at::Tensor AttentionOutcome::*part) {
    return compares ? error_of(libtorch.*part, exact.*part) : 6e-3;
  };
  EXPECT_LE(error_of(found.context, exact.context), limit(&AttentionOutcome::context));
  EXPECT_LE(error_of(found.qkv, exact.qkv), limit(&AttentionOutcome::qkv));
  if (c.bias) {
    EXPECT_LE(error_of(found.bias, exact.bias), limit(&AttentionOutcome::bias));
  }
}

std::vector<AttentionCase> attention_cases() {
  std::vector<AttentionCase> all;
  for (const std::int64_t head_width : {32, 64, 80}) {
    for (const std::int64_t tokens : {17, 50, 65, 145, 197, 257, 577}) {
      all.push_back({1, tokens, 2, head_width, false, false, false});
      all.push_back({1, tokens, 2, head_width, true, false, false});
    }
    all.push_back({2, 50, 2, head_width, true, true, false});
    all.push_back({2, 17, 2, head_width, false, false, true});
    all.push_back({1, 133, 1, head_width, true, true, true});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Bf16Attention, testing::ValuesIn(attention_cases()), attention_name);

TEST(Bf16AttentionThreads, ChangeNoBit) {
  const AttentionCase c{3, 40, 2, 32, false, false, true};
  const AttentionInputs in = attention_inputs(c);
  const ChosenEngine chosen(BlockEngine::emulated_tiles);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const AttentionOutcome of_one = by_kernels(c, in);
  at::set_num_threads(3);
  const AttentionOutcome of_three = by_kernels(c, in);
  at::set_num_threads(before);
  EXPECT_TRUE(at::equal(of_one.context, of_three.context));
  EXPECT_TRUE(at::equal(of_one.qkv, of_three.qkv));
}

}  // namespace
}  // namespace dbot::ops
