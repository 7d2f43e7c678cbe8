#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/nn/parameters.h"

// Buffers, words about decay, and moving averages.
namespace dbot::nn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Start kNormal = starts::Normal{1};

std::vector<ParameterSpec> specs() {
  return {{.name = "mean", .shape = {3}, .role = Role::buffer},
          {.name = "weight", .shape = {3, 5}, .start = kNormal},
          {.name = "variance", .shape = {3}, .start = starts::Constant{1}, .role = Role::buffer},
          {.name = "bias", .shape = {3}, .start = kNormal},
          {.name = "count", .shape = {}, .role = Role::buffer}};
}

TEST(Buffers, StandLastAndAreNotTrained) {
  const ParameterStore store(specs());
  EXPECT_EQ(store.trainable_end(), 32);
  EXPECT_EQ(store.flat_gradients().numel(), 32);
  EXPECT_EQ(store.offset("mean"), 32);
  EXPECT_EQ(store.offset("count"), 64);
  EXPECT_EQ(store.flat_buffers().numel(), 48);
  EXPECT_EQ(store.trainable_count(), 18);
  EXPECT_EQ(store.parameter_count(), 18);
  EXPECT_FALSE(store.at("mean").requires_grad());
  EXPECT_EQ(store.at("count").dim(), 0);
}

TEST(Buffers, StartAreSavedAndCopiedLikeParameters) {
  ParameterStore student(specs());
  student.initialise(1, 0);
  EXPECT_EQ(student.at("variance").min().item<float>(), 1);
  student.at("mean").fill_(0.5);  // as a forward pass does
  student.at("count").add_(1);
  const at::Tensor weight = student.at("weight").detach().clone();
  (student.at("weight") * student.at("mean").view({3, 1})).sum().backward();
  EXPECT_EQ(student.at("weight").grad().min().item<float>(), 0.5F);

  ParameterStore teacher(specs());
  teacher.freeze();
  teacher.copy_from(student.named());
  EXPECT_EQ(teacher.at("mean").max().item<float>(), 0.5F);
  EXPECT_EQ(teacher.at("count").item<float>(), 1);
  EXPECT_TRUE(at::equal(teacher.at("weight"), weight));
  student.initialise(1, 1);
  EXPECT_EQ(student.at("mean").max().item<float>(), 0) << "a new stage begins with new buffers";
  runtime::NamedTensors lacking = student.named();
  lacking.erase("count");
  EXPECT_THAT([&] { teacher.copy_from(lacking); }, ThrowsMessage<Error>(HasSubstr("count")));
}

TEST(Decay, IsByRuleUnlessAWordSaysOtherwise) {
  const ParameterStore store(
      {{.name = "matrix", .shape = {2, 2}},
       {.name = "vector", .shape = {2}},
       {.name = "token", .shape = {1, 1, 2}, .decay = Decay::never},
       {.name = "gain", .shape = {2}, .decay = Decay::always},
       {.name = "table", .shape = {2, 2}, .role = Role::fixed, .decay = Decay::always}});
  const auto decayed = [&](const char* name) { return store.offset(name) >= store.vectors_end(); };
  EXPECT_TRUE(decayed("matrix"));
  EXPECT_FALSE(decayed("vector"));
  EXPECT_FALSE(decayed("token"));
  EXPECT_TRUE(decayed("gain"));
  EXPECT_GE(store.offset("table"), store.trainable_end());
}

TEST(LerpFrom, AveragesWhatIsTrainedByName) {
  std::vector<ParameterSpec> more = specs();
  more.insert(more.begin() + 1, {.name = "head.weight", .shape = {4, 5}, .start = kNormal});
  more.insert(more.begin(), {.name = "head.bias", .shape = {20}, .start = kNormal});
  ParameterStore average(specs()), same(specs()), larger(more);
  average.initialise(1, 0);
  same.initialise(2, 0);
  larger.initialise(2, 0);
  for (ParameterStore* source : {&same, &larger}) {
    source->at("mean").fill_(7);
    const auto revision = average.revision();
    const at::Tensor weight = average.at("weight").detach().clone();
    const at::Tensor bias = average.at("bias").detach().clone();
    average.lerp_from(*source, 0.25);
    EXPECT_TRUE(
        at::allclose(average.at("weight"), 0.75 * weight + 0.25 * source->at("weight"), 0, 1e-6));
    EXPECT_TRUE(at::allclose(average.at("bias"), 0.75 * bias + 0.25 * source->at("bias"), 0, 1e-6));
    EXPECT_EQ(average.at("mean").max().item<float>(), 0) << "buffers are the forward pass' own";
    EXPECT_EQ(average.flat_values().slice(0, 3, 16).abs().sum().item<float>(), 0) << "a gap";
    EXPECT_GT(average.revision(), revision);
  }
}

TEST(LerpFrom, NamesWhatDoesNotFitAndChangesNothing) {
  ParameterStore average(specs());
  average.initialise(1, 0);
  const at::Tensor before = average.flat_values().clone();
  std::vector<ParameterSpec> other = specs();
  other[3].shape = {4};
  EXPECT_THAT([&] { average.lerp_from(ParameterStore(other), 0.5); },
              ThrowsMessage<Error>(HasSubstr("bias has shape [4], expected [3]")));
  other = specs();
  other.erase(other.begin() + 1);
  EXPECT_THAT([&] { average.lerp_from(ParameterStore(other), 0.5); },
              ThrowsMessage<Error>(HasSubstr("no parameter weight")));
  EXPECT_TRUE(at::equal(average.flat_values(), before));
}

}  // namespace
}  // namespace dbot::nn
