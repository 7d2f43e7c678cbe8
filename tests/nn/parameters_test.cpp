#include "dbot/nn/parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/nn/position_table.h"
#include "dbot/runtime/cuda.h"

namespace dbot::nn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

ParameterSpec spec(std::string name, std::vector<std::int64_t> shape, const Start& start) {
  return {.name = std::move(name), .shape = std::move(shape), .start = start};
}

const Start kDrawn = glorot_uniform({.in = 5, .out = 3});

std::vector<ParameterSpec> small_specs() {
  ParameterSpec table = spec("pos_embed", {1, 5, 8}, starts::PositionTable{{2, 2}});
  table.role = Role::fixed;
  return {spec("weight", {3, 5}, kDrawn), table, spec("bias", {3}, fan_in_uniform(16)),
          spec("token", {1, 1, 8}, starts::Normal{0.02}), spec("gain", {17}, starts::Constant{1})};
}

const float* begin_of(const at::Tensor& tensor) {
  return tensor.const_data_ptr<float>();
}

TEST(ParameterStore, LaysVectorsThenMatricesThenFixedTensorsOutAligned) {
  const ParameterStore store(small_specs());
  EXPECT_EQ(store.offset("bias"), 0);
  EXPECT_EQ(store.offset("gain"), 16);
  EXPECT_EQ(store.vectors_end(), 48);
  EXPECT_EQ(store.offset("weight"), 48);
  EXPECT_EQ(store.offset("token"), 64);
  EXPECT_EQ(store.trainable_end(), 80);
  EXPECT_EQ(store.offset("pos_embed"), 80);
  EXPECT_EQ(store.flat_gradients().numel(), 80);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(begin_of(store.flat_values())) % 64, 0u);
  EXPECT_EQ(begin_of(store.at("token")), begin_of(store.flat_values()) + 64);
  EXPECT_EQ(store.trainable_count(), 3 + 17 + 15 + 8);
  EXPECT_EQ(store.parameter_count(), 3 + 17 + 15 + 8 + 40);
}

TEST(ParameterStore, FillsTablesAndLeavesGapsZero) {
  ParameterStore store(small_specs());
  EXPECT_TRUE(
      at::equal(store.at("pos_embed"), sincos_table_2d(8, {2, 2}).to(at::kFloat).view({1, 5, 8})));
  store.initialise(7, 0);
  EXPECT_EQ(store.flat_values().slice(0, 3, 16).abs().sum().item<float>(), 0);
  EXPECT_EQ(store.flat_values().slice(0, 63, 64).abs().sum().item<float>(), 0);
}

TEST(ParameterStore, LiesOnTheDeviceItIsGiven) {
  const ParameterStore store(small_specs(), runtime::Device{});
  EXPECT_EQ(store.device(), runtime::Device{});
  EXPECT_TRUE(store.flat_values().is_cpu());
  EXPECT_TRUE(store.flat_gradients().is_cpu());
  if (runtime::cuda::available()) GTEST_SKIP() << "this process can use a GPU";
  const runtime::Device gpu{.kind = runtime::Device::Kind::cuda};
  EXPECT_ANY_THROW(ParameterStore(small_specs(), gpu));
}

TEST(ParameterStore, AutogradAddsIntoTheFlatGradients) {
  ParameterStore store(small_specs());
  const at::Tensor& weight = store.at("weight");
  const float* place = begin_of(store.flat_gradients()) + store.offset("weight");
  // The transposed use gives a gradient that is not contiguous; two uses add up.
  const at::Tensor left = at::ones({2, 3}), right = at::full({2, 5}, 2.0);
  for (int pass = 1; pass <= 2; ++pass) {
    (at::matmul(left, weight).sum() + at::matmul(right, weight.t()).sum()).backward();
    ASSERT_EQ(begin_of(weight.grad()), place);
    const at::Tensor flat = store.flat_gradients().narrow(0, store.offset("weight"), 15);
    EXPECT_TRUE(at::equal(flat, at::full({15}, 6.0f * static_cast<float>(pass))));
  }
  store.zero_gradients();
  EXPECT_EQ(weight.grad().abs().sum().item<float>(), 0);
  (weight * weight).sum().backward();
  EXPECT_EQ(begin_of(weight.grad()), place);
  EXPECT_FALSE(store.at("pos_embed").requires_grad());
}

TEST(ParameterStore, FreezingGivesGradientsUp) {
  ParameterStore store(small_specs());
  const at::Tensor weight = store.at("weight");
  store.freeze();
  EXPECT_FALSE(weight.requires_grad());
  EXPECT_FALSE(store.flat_gradients().defined());
  EXPECT_NO_THROW(store.zero_gradients());
}

TEST(ParameterStore, DrawsDependOnSeedStageAndNameAlone) {
  ParameterStore store(small_specs()),
      other({spec("token", {2, 9}, kDrawn), spec("weight", {3, 5}, kDrawn)});
  store.initialise(7, 1);
  other.initialise(7, 1);
  EXPECT_TRUE(at::equal(store.at("weight"), other.at("weight")));
  other.initialise(7, 2);
  EXPECT_FALSE(at::equal(store.at("weight"), other.at("weight")));
  other.initialise(8, 1);
  EXPECT_FALSE(at::equal(store.at("weight"), other.at("weight")));
  const double bound = std::sqrt(6.0 / (3 + 5));
  EXPECT_LE(store.at("weight").abs().max().item<double>(), bound);
  EXPECT_GT(store.at("weight").abs().max().item<double>(), 0.5 * bound);
  EXPECT_LE(store.at("bias").abs().max().item<double>(), 0.25);
  EXPECT_EQ(store.at("gain").min().item<float>(), 1);
}

TEST(ParameterStore, KeepsWhatIsToBeKept) {
  ParameterStore store(small_specs());
  store.initialise(7, 0);
  const at::Tensor bias = store.at("bias").clone(), weight = store.at("weight").clone();
  store.initialise(7, 1, {"bias"});
  EXPECT_TRUE(at::equal(store.at("bias"), bias));
  EXPECT_FALSE(at::equal(store.at("weight"), weight));
}

TEST(ParameterStore, CopiesByNameAndChecksBeforeWriting) {
  ParameterStore store(small_specs()), source(small_specs());
  source.initialise(3, 0);
  const auto revision = store.revision();
  store.copy_from(source.named());
  EXPECT_TRUE(at::equal(store.flat_values(), source.flat_values()));
  EXPECT_GT(store.revision(), revision);

  runtime::NamedTensors wrong = source.named();
  wrong["weight"] = at::ones({5, 3});
  wrong["bias"] = at::ones({3});
  EXPECT_THAT([&] { store.copy_from(wrong); },
              ThrowsMessage<Error>(HasSubstr("weight has shape [5, 3], expected [3, 5]")));
  EXPECT_TRUE(at::equal(store.at("bias"), source.at("bias")));
  wrong.erase("weight");
  EXPECT_THAT([&] { store.copy_from(wrong); },
              ThrowsMessage<Error>(HasSubstr("weight is missing")));
  store.copy_from(wrong, /*partial=*/true);
  EXPECT_EQ(store.at("bias").sum().item<float>(), 3);
  EXPECT_THROW(store.at("nothing"), Error);
}

}  // namespace
}  // namespace dbot::nn
