#include "dbot/ops/backends.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/cpu/kernels/bf16/block_product.h"
#include "dbot/simd/kernel_level.h"
#include "tests/support/fake_device/test_devices.h"

// The fast paths against the reference path in double precision: outputs and all gradients, for
// every instruction set of this processor and for the kernels of GPUs.
namespace dbot::ops {
namespace {

struct BlockCase {
  std::int64_t batch, tokens, width, heads, hidden;
  at::ScalarType compute;
  bool drop_path;
  bool part;  // every second token only
  simd::KernelLevel level;
  bool variant = false;  // with a bias of the logits and LayerScale
  bool emulated_tiles = false;
  std::string device = "cpu";
};

std::string block_name(const testing::TestParamInfo<BlockCase>& info) {
  const BlockCase& c = info.param;
  return std::to_string(c.batch) + "x" + std::to_string(c.tokens) + "x" + std::to_string(c.width) +
         "_" + std::to_string(c.heads) + "heads" + (c.compute == at::kFloat ? "_fp32" : "_bf16") +
         (c.drop_path ? "_drop" : "") + (c.part ? "_part" : "") + (c.variant ? "_variant" : "") +
         "_" + (c.device == "cpu" ? std::string(name(c.level)) : c.device) +
         (c.emulated_tiles ? "_emulated_tiles" : "");
}

/// Normal numbers that depend on `seed` alone.
at::Tensor numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed, double size) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::kDouble) * size;
}

TransformerBlockWeights weights_for(const BlockCase& c) {
  const std::int64_t w = c.width, h = c.hidden;
  const double size = 1.0 / std::sqrt(static_cast<double>(w));
  TransformerBlockWeights weights{
      1 + numbers({w}, 1, 0.3), numbers({w}, 2, 0.3),      numbers({3 * w, w}, 3, size * 2),
      numbers({3 * w}, 4, 0.3), numbers({w, w}, 5, size),  numbers({w}, 6, 0.3),
      1 + numbers({w}, 7, 0.3), numbers({w}, 8, 0.3),      numbers({h, w}, 9, size),
      numbers({h}, 10, 0.3),    numbers({w, h}, 11, size), numbers({w}, 12, 0.3)};
  if (c.variant) {
    weights.attention_scale = 0.5 + numbers({w}, 13, 0.2);
    weights.mlp_scale = 0.5 + numbers({w}, 14, 0.2);
    weights.attention_bias = numbers({c.heads, c.tokens, c.tokens}, 15, 1.0);
  }
  return weights;
}

/// Those that there are.
std::vector<at::Tensor*> parts(TransformerBlockWeights& w) {
  std::vector<at::Tensor*> all{&w.norm1_weight,    &w.norm1_bias, &w.qkv_weight,    &w.qkv_bias,
                               &w.proj_weight,     &w.proj_bias,  &w.norm2_weight,  &w.norm2_bias,
                               &w.fc1_weight,      &w.fc1_bias,   &w.fc2_weight,    &w.fc2_bias,
                               &w.attention_scale, &w.mlp_scale,  &w.attention_bias};
  std::erase_if(all, [](const at::Tensor* part) { return !part->defined(); });
  return all;
}

TransformerBlockWeights converted_to_float(TransformerBlockWeights weights) {
  for (at::Tensor* part : parts(weights)) *part = part->to(at::kFloat);
  return weights;
}

using Path = at::Tensor (*)(const at::Tensor&, const TransformerBlockWeights&,
                            const TransformerBlockOptions&, const BranchScales&, const at::Tensor&);

at::Tensor rows_of(const BlockCase& c) {
  if (!c.part) return {};
  const at::Tensor rows = at::arange(0, c.tokens, 2, at::kLong);
  return rows.unsqueeze(0).repeat({c.batch, 1}).flip({1});
}

/// Output, gradient of x, gradients of the weights, in double.
std::vector<at::Tensor> run(const BlockCase& c, Path path, at::ScalarType storage,
                            at::ScalarType compute, const at::Device& device) {
  TransformerBlockWeights weights = weights_for(c);
  for (at::Tensor* part : parts(weights)) *part = part->to(device, storage).requires_grad_(true);
  const at::Tensor x =
      numbers({c.batch, c.tokens, c.width}, 99, 1.0).to(device, storage).requires_grad_(true);
  BranchScales scales;
  if (c.drop_path) {
    scales.attention = at::linspace(1.5, 0, c.batch, storage).to(device);
    scales.mlp = at::linspace(1.25, 0.5, c.batch, storage).to(device);
  }
  const at::Tensor rows = rows_of(c);
  const at::Tensor y = path(x, weights, {.heads = c.heads, .compute = compute}, scales,
                            rows.defined() ? rows.to(device) : rows);
  const at::Tensor outer = numbers(y.sizes().vec(), 77, 1.0).to(device, storage);
  (y * outer).sum().backward();
  std::vector<at::Tensor> results{y.detach().cpu().to(at::kDouble), x.grad().cpu().to(at::kDouble)};
  for (at::Tensor* part : parts(weights)) results.push_back(part->grad().cpu().to(at::kDouble));
  return results;
}

Path fast_path(const std::string& device) {
  return device == "cpu" ? transformer_block_cpu : transformer_block_cuda;
}

class TransformerBlockPaths : public testing::TestWithParam<BlockCase> {};

TEST_P(TransformerBlockPaths, AgreesWithDoublePrecision) {
  const BlockCase c = GetParam();
  simd::use_kernel_level(c.level);
  std::optional<ChosenEngine> engine;
  if (c.emulated_tiles) engine.emplace(BlockEngine::emulated_tiles);
  const auto ours =
      run(c, fast_path(c.device), at::kFloat, c.compute, test::device_named(c.device));
  engine.reset();
  simd::use_kernel_level("auto");
  const auto expected = run(c, transformer_block_reference, at::kDouble, at::kDouble, at::kCPU);
  const double limit = c.compute == at::kFloat ? 3e-6 : 3e-2;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double error = ((ours[i] - expected[i]).norm() / expected[i].norm()).item<double>();
    EXPECT_LT(error, limit) << "result " << i;
  }
}

/// Of one level.
void append_cases(std::vector<BlockCase>& all, simd::KernelLevel level, const std::string& device) {
  const std::size_t first = all.size();
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    all.push_back({2, 5, 8, 2, 16, compute, false, false, level});
    all.push_back({3, 17, 192, 3, 768, compute, true, false, level});
    all.push_back({2, 65, 96, 4, 100, compute, false, false, level});  // odd head width and hidden
    all.push_back({1, 50, 60, 3, 33, compute, true, false, level});
    all.push_back({2, 1, 16, 1, 16, compute, false, false, level});
    all.push_back({3, 17, 96, 3, 192, compute, true, true, level});
    all.push_back({2, 197, 128, 2, 64, compute, true, false, level});
    all.push_back({3, 17, 96, 3, 192, compute, true, false, level, true});
    all.push_back({2, 50, 60, 3, 33, compute, false, true, level, true});
  }
  for (std::size_t i = first; i < all.size(); ++i) all[i].device = device;
}

std::vector<std::string> kernel_devices() {
  std::vector<std::string> devices = test::test_devices();
  std::erase(devices, "fake");  // it takes the reference path
  return devices;
}

std::vector<BlockCase> cases() {
  std::vector<BlockCase> all;
  for (const std::string& device : kernel_devices()) {
    for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
      if (level == simd::KernelLevel::reference) continue;
      append_cases(all, level, device);
      if (device != "cpu") break;
    }
  }
  // Every processor can run what AMX does, slowly.
  const simd::KernelLevel widest = simd::supported_kernel_levels().back();
  for (const bool variant : {false, true}) {
    all.push_back({2, 17, 192, 3, 384, at::kBFloat16, true, false, widest, variant, true});
    all.push_back({2, 50, 60, 3, 33, at::kBFloat16, false, true, widest, variant, true});
    all.push_back({1, 197, 128, 2, 64, at::kBFloat16, false, false, widest, variant, true});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, TransformerBlockPaths, testing::ValuesIn(cases()), block_name);

TEST(TransformerBlockPaths, GradientsReachWhatWeightsAreComputedFrom) {
  const BlockCase c{2, 9, 16, 2, 32, at::kFloat, false, false, simd::KernelLevel::portable, true};
  const auto gradients = [&](Path path, const at::Device& device) {
    TransformerBlockWeights weights = weights_for(c);
    for (at::Tensor* part : parts(weights)) *part = part->to(device, at::kFloat);
    weights.fc1_weight.requires_grad_(true);
    weights.qkv_weight.requires_grad_(true);
    const at::Tensor table = numbers({4}, 1, 1.0).to(device, at::kFloat).requires_grad_(true);
    const at::Tensor query = numbers({16}, 2, 1.0).to(device, at::kFloat).requires_grad_(true);
    weights.attention_bias = weights.attention_bias * table[1];
    weights.qkv_bias = at::cat({query, at::zeros_like(query), query * 2});
    const at::Tensor x = numbers({2, 9, 16}, 99, 1.0).to(device, at::kFloat);
    // Twice, as the blocks of a network share one table.
    const at::Tensor once = path(x, weights, {.heads = 2}, {}, {});
    path(once, weights, {.heads = 2}, {}, {}).square().sum().backward();
    return std::array{table.grad().cpu(), query.grad().cpu(), weights.fc1_weight.grad().cpu()};
  };
  const auto expected = gradients(transformer_block_reference, at::kCPU);
  for (const std::string& device : kernel_devices()) {
    const auto ours = gradients(fast_path(device), test::device_named(device));
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_LT(((ours[i] - expected[i]).norm() / expected[i].norm()).item<double>(), 1e-5)
          << i << " on " << device;
    }
  }
}

TEST(TransformerBlockPaths, QuickGeluOfAFrozenBlock) {
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    if (level == simd::KernelLevel::reference) continue;
    simd::use_kernel_level(level);
    const BlockCase c{2, 9, 24, 2, 40, at::kFloat, false, false, level};
    TransformerBlockWeights weights = weights_for(c);
    const at::Tensor x = numbers({2, 9, 24}, 99, 3.0);
    const TransformerBlockOptions options{.heads = 2, .quick_gelu = true};
    TransformerBlockOptions in_double = options;
    in_double.compute = at::kDouble;
    const at::Tensor expected = transformer_block_reference(x, weights, in_double, {});
    const at::Tensor ours =
        transformer_block_cpu(x.to(at::kFloat), converted_to_float(weights), options, {});
    EXPECT_LT(((ours - expected).norm() / expected.norm()).item<double>(), 1e-6) << name(level);
  }
  simd::use_kernel_level("auto");
}

TEST(TransformerBlockPaths, PaddedKeysChangeNoTokenThatIsSeen) {
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    const BlockCase c{2, 11, 24, 2, 40, at::kFloat, false, false, level};
    TransformerBlockWeights weights = weights_for(c);
    const TransformerBlockWeights in_float = converted_to_float(weights);
    at::Tensor padding = at::zeros({2, 11});
    padding.select(0, 0).slice(0, 7).fill_(1);
    padding.select(0, 1).slice(0, 1).fill_(1);
    const TransformerBlockOptions options{.heads = 2, .tanh_gelu = true, .key_padding = padding};
    const at::Tensor x = numbers({2, 11, 24}, 99, 1.0).to(at::kFloat);
    const at::Tensor before = transformer_block(x, in_float, options, {});
    const at::Tensor other = at::where(padding.gt(0.5).unsqueeze(-1), x * -3 + 1, x);
    const at::Tensor after = transformer_block(other, in_float, options, {});
    const at::Tensor seen = padding.lt(0.5);
    EXPECT_TRUE(at::equal(before.index({seen}), after.index({seen}))) << name(level);
    // Without padding they do matter: the test can fail.
    TransformerBlockOptions all_seen = options;
    all_seen.key_padding.reset();
    EXPECT_FALSE(at::allclose(transformer_block(x, in_float, all_seen, {}).index({seen}),
                              before.index({seen})));
  }
  simd::use_kernel_level("auto");
}

TEST(TransformerBlockPaths, RefusesPaddingOfAnotherShape) {
  const BlockCase c{2, 11, 24, 2, 40, at::kFloat, false, false, simd::KernelLevel::portable};
  TransformerBlockWeights weights = weights_for(c);
  const at::Tensor x = numbers({2, 11, 24}, 99, 1.0).to(at::kFloat);
  EXPECT_THROW(transformer_block(x, converted_to_float(weights),
                                 {.heads = 2, .key_padding = at::zeros({2, 10})}, {}),
               Error);
}

TEST(TransformerBlockPaths, WithoutGraphGivesTheSameOutput) {
  const BlockCase c{2, 17, 64, 2, 128, at::kFloat, false, false, simd::KernelLevel::portable};
  TransformerBlockWeights weights = weights_for(c);
  for (at::Tensor* part : parts(weights)) *part = part->to(at::kFloat);
  const at::Tensor x = numbers({2, 17, 64}, 99, 1.0).to(at::kFloat);
  const TransformerBlockOptions options{.heads = 2};
  const at::Tensor y = transformer_block_cpu(x, weights, options, {});
  EXPECT_FALSE(y.requires_grad());
  weights.qkv_weight.requires_grad_(true);
  EXPECT_TRUE(at::equal(y, transformer_block_cpu(x, weights, options, {}).detach()));
}

}  // namespace
}  // namespace dbot::ops
