#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/optim/optimizer.h"

// What all kinds have in common, and what SGD and LARS do over several steps.
namespace dbot::optim {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

ParameterGroup filled_group(std::int64_t size, double value, double gradient, double decay) {
  return {at::full({size}, value), at::full({size}, gradient), decay, 1.0};
}

OptimizerConfig config_of(OptimizerKind kind) {
  return default_config(kind);
}

std::vector<std::string> names_of(const runtime::NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

/// torch.optim.SGD in double precision, as its documentation writes it: dampening 0.
struct TorchSgd {
  double rate, momentum, decay;
  bool nesterov;
  double value = 1, buffer = 0;
  bool first = true;

  void step(double gradient) {
    gradient += decay * value;
    if (momentum != 0) {
      buffer = first ? gradient : momentum * buffer + gradient;
      first = false;
      gradient = nesterov ? gradient + momentum * buffer : buffer;
    }
    value -= rate * gradient;
  }
};

TEST(Sgd, StepsAsPyTorchDoes) {
  for (const auto& [momentum, nesterov] : {std::pair{0.0, false}, {0.9, false}, {0.9, true}}) {
    OptimizerConfig config = config_of(OptimizerKind::sgd);
    config.momentum = momentum;
    config.nesterov = nesterov;
    const ParameterGroup parameters = filled_group(40, 1.0, 0.0, 0.05);
    const auto optimizer = make_optimizer({parameters}, config);
    TorchSgd expected{.rate = 0.1, .momentum = momentum, .decay = 0.05, .nesterov = nesterov};
    for (int step = 1; step <= 5; ++step) {
      const double gradient = 0.3 * step - 0.7;
      parameters.gradients.fill_(gradient);
      optimizer->step(0.1);
      expected.step(gradient);
      EXPECT_NEAR(parameters.values.min().item<double>(), expected.value, 1e-6);
      EXPECT_NEAR(parameters.values.max().item<double>(), expected.value, 1e-6);
      if (momentum == 0) continue;
      const at::Tensor buffer = optimizer->state().at("momentum_buffer");
      EXPECT_NEAR(buffer.min().item<double>(), expected.buffer, 1e-6);
    }
    EXPECT_EQ(optimizer->steps(), 5);
  }
}

TEST(Sgd, TheFirstMomentumIsTheGradientItself) {
  const ParameterGroup parameters = filled_group(33, 1.0, 0.0, 0);
  parameters.gradients.copy_(at::rand({33}));
  const at::Tensor gradient = parameters.gradients.clone();
  const auto optimizer = make_optimizer({parameters}, config_of(OptimizerKind::sgd));
  optimizer->step(0.1);
  EXPECT_TRUE(at::equal(optimizer->state().at("momentum_buffer"), gradient));
}

TEST(Lars, MovesMatricesByTheirNormAndVectorsAsSgdDoes) {
  ParameterGroup matrices = filled_group(16, 2.0, 0.5, 0), vectors = filled_group(16, 2.0, 0.5, 0);
  matrices.layers = {{0, 16}};
  const auto optimizer = make_optimizer({vectors, matrices}, config_of(OptimizerKind::lars));
  optimizer->step(0.1);
  EXPECT_FLOAT_EQ(vectors.values.min().item<float>(), 2 - 0.1F * 0.5F);
  // The direction has the norm of the gradient; it is scaled to 0.001 of the values' norm.
  EXPECT_FLOAT_EQ(matrices.values.min().item<float>(), 2 - 0.1F * 0.001F * 2);
  optimizer->step(0.1);  // no gradient: the momentum alone
  EXPECT_FLOAT_EQ(vectors.values.min().item<float>(), 2 - 0.1F * 0.5F * 1.9F);
}

TEST(Lars, LayersAreTheTensorsOfMoreThanOneDimension) {
  nn::ParameterStore store({{.name = "weight", .shape = {2, 3}},
                            {.name = "bias", .shape = {3}},
                            {.name = "token", .shape = {1, 1, 20}, .decay = nn::Decay::never},
                            {.name = "gain", .shape = {5}, .decay = nn::Decay::always},
                            {.name = "kernel", .shape = {4, 1, 3, 3}}});
  const auto groups = pretraining_groups(store, 0.1);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_THAT(groups[0].layers, ElementsAre(ops::FlatRange{16, 36}));
  EXPECT_THAT(groups[1].layers, ElementsAre(ops::FlatRange{0, 6}, ops::FlatRange{32, 68}));
  EXPECT_EQ(groups[0].weight_decay, 0);
  EXPECT_EQ(groups[1].weight_decay, 0.1);
}

TEST(PretrainingGroups, AreCutWhereARateChangesAndCoverTheSame) {
  nn::ParameterStore store({{.name = "encoder.weight", .shape = {2, 3}},
                            {.name = "encoder.bias", .shape = {3}},
                            {.name = "encoder.kernel", .shape = {4, 1, 3, 3}},
                            {.name = "decoder.weight", .shape = {2, 2}},
                            {.name = "decoder.bias", .shape = {2}}});
  const auto plain = pretraining_groups(store, 0.1);
  const auto groups = pretraining_groups(
      store, 0.1,
      {.is_for = [](std::string_view name) { return name.starts_with("encoder"); }, .scale = 0.25});
  ASSERT_EQ(groups.size(), 4u);
  const auto length = [](const std::vector<ParameterGroup>& all) {
    std::int64_t sum = 0;
    for (const ParameterGroup& group : all) sum += group.values.numel();
    return sum;
  };
  EXPECT_EQ(length(groups), length(plain));
  for (const std::size_t i : {0, 1, 2, 3}) {
    EXPECT_EQ(groups[i].rate_scale, i % 2 == 0 ? 0.25 : 1) << i;
    EXPECT_EQ(groups[i].weight_decay, i < 2 ? 0 : 0.1) << i;
  }
  EXPECT_THAT(groups[2].layers, ElementsAre(ops::FlatRange{0, 6}, ops::FlatRange{16, 52}));
  // What the scale is for: the same gradients move the encoder by a quarter.
  store.flat_values().fill_(1);
  store.flat_gradients().fill_(1);
  OptimizerConfig config = config_of(OptimizerKind::sgd);
  config.momentum = 0;
  make_optimizer(pretraining_groups(
                     store, 0,
                     {.is_for = [](std::string_view name) { return name.starts_with("encoder"); },
                      .scale = 0.25}),
                 config)
      ->step(0.4);
  EXPECT_FLOAT_EQ(store.at("encoder.bias").max().item<float>(), 0.9F);
  EXPECT_FLOAT_EQ(store.at("decoder.weight").max().item<float>(), 0.6F);
}

class EveryOptimizer : public testing::TestWithParam<OptimizerKind> {
 protected:
  OptimizerConfig config_ = config_of(GetParam());
};

TEST_P(EveryOptimizer, ClipsByScalingGradientsAndLeavesThemClear) {
  ParameterGroup clipped = filled_group(64, 1.0, 3.0, 0.1),
                 scaled = filled_group(64, 1.0, 1.5, 0.1);
  clipped.layers = scaled.layers = {{0, 40}};
  const auto a = make_optimizer({clipped}, config_), b = make_optimizer({scaled}, config_);
  a->step(0.1, 0.5);
  b->step(0.1);
  EXPECT_TRUE(at::equal(clipped.values, scaled.values));
  EXPECT_LT(clipped.values.max().item<float>(), 1);
  EXPECT_EQ(clipped.gradients.abs().max().item<float>(), 0);
}

TEST_P(EveryOptimizer, GroupsHaveRatesAndDecaysOfTheirOwn) {
  const ParameterGroup still{at::full({16}, 1.0), at::full({16}, 0.5), 0.1, /*rate_scale=*/0};
  const ParameterGroup plain = filled_group(16, 1.0, 0.0, 0),
                       decayed = filled_group(16, 1.0, 0.0, 0.1);
  make_optimizer({still, plain, decayed}, config_)->step(0.1);
  EXPECT_EQ(still.values.min().item<float>(), 1);
  EXPECT_EQ(plain.values.min().item<float>(), 1);
  EXPECT_LT(decayed.values.max().item<float>(), 1);
}

TEST_P(EveryOptimizer, GoesOnFromItsStateWithTheSameBits) {
  const at::Tensor gradient = at::rand({48});
  const auto step = [&](const ParameterGroup& group, Optimizer& optimizer) {
    group.gradients.copy_(gradient);
    optimizer.step(0.1);
  };
  const ParameterGroup first = filled_group(48, 1.0, 0, 0.1),
                       second = filled_group(48, 1.0, 0, 0.1);
  const auto a = make_optimizer({first}, config_), b = make_optimizer({second}, config_);
  for (int i = 0; i < 3; ++i) step(first, *a);
  b->load_state(a->state());
  second.values.copy_(first.values);
  EXPECT_EQ(b->steps(), 3);
  step(first, *a);
  step(second, *b);
  EXPECT_TRUE(at::equal(first.values, second.values));
  EXPECT_THROW(b->rebind({filled_group(16, 1.0, 0, 0)}), Error);
  EXPECT_NO_THROW(b->rebind({filled_group(48, 5.0, 0, 0)}));
}

TEST_P(EveryOptimizer, KeepsAsMuchAsItsCostSays) {
  const auto optimizer = make_optimizer({filled_group(48, 1.0, 0, 0)}, config_);
  std::int64_t numbers = 0;
  for (const auto& [name, tensor] : optimizer->state()) {
    if (name != "step") numbers += tensor.numel();
  }
  EXPECT_EQ(static_cast<double>(numbers), 48 * cost_of(config_).moments);
}

TEST_P(EveryOptimizer, RefusesAStateThatIsNotItsOwnByName) {
  const ParameterGroup parameters = filled_group(48, 1.0, 0.5, 0);
  const auto optimizer = make_optimizer({parameters}, config_);
  optimizer->step(0.1);
  const runtime::NamedTensors good = optimizer->state();
  for (const auto& [name, tensor] : good) {
    runtime::NamedTensors lacking = good, longer = good;
    lacking.erase(name);
    EXPECT_THAT([&] { optimizer->load_state(lacking); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(name), HasSubstr("missing"))));
    longer[name] = at::full({49}, 1.0);
    EXPECT_THAT([&] { optimizer->load_state(longer); },
                ThrowsMessage<DataError>(AllOf(HasSubstr(name), HasSubstr("49 values"))));
  }
  runtime::NamedTensors foreign = good;
  foreign["square_avg"] = at::full({48}, 1.0);
  EXPECT_THAT([&] { optimizer->load_state(foreign); },
              ThrowsMessage<DataError>(HasSubstr("square_avg")));
  EXPECT_EQ(optimizer->steps(), 1);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryOptimizer,
                         testing::Values(OptimizerKind::adamw, OptimizerKind::adam,
                                         OptimizerKind::sgd, OptimizerKind::lars),
                         [](const auto& kind) {
                           return optimizer_kinds()[static_cast<std::size_t>(kind.param)];
                         });

TEST(Optimizers, StatesHaveTheNamesOfTheirSources) {
  const auto names = [](OptimizerConfig config) {
    return names_of(make_optimizer({filled_group(4, 1, 1, 0)}, config)->state());
  };
  EXPECT_THAT(names(config_of(OptimizerKind::adamw)), ElementsAre("exp_avg", "exp_avg_sq", "step"));
  EXPECT_THAT(names(config_of(OptimizerKind::adam)), ElementsAre("exp_avg", "exp_avg_sq", "step"));
  EXPECT_THAT(names(config_of(OptimizerKind::lars)), ElementsAre("mu", "step"));
  OptimizerConfig sgd = config_of(OptimizerKind::sgd);
  EXPECT_THAT(names(sgd), ElementsAre("momentum_buffer", "step"));
  sgd.momentum = 0;
  EXPECT_THAT(names(sgd), ElementsAre("step"));
  EXPECT_EQ(cost_of(sgd).moments, 0);
}

TEST(Optimizers, AdamWithoutDecayIsAdamW) {
  const ParameterGroup first = filled_group(33, 1.0, 0.5, 0),
                       second = filled_group(33, 1.0, 0.5, 0);
  OptimizerConfig config = config_of(OptimizerKind::adamw);
  make_optimizer({first}, config)->step(0.1);
  config.kind = OptimizerKind::adam;
  make_optimizer({second}, config)->step(0.1);
  EXPECT_TRUE(at::equal(first.values, second.values));
}

TEST(OptimizerConfig, EachKindHasTheDefaultsThatItsDocumentsName) {
  const OptimizerConfig adamw = config_of(OptimizerKind::adamw);
  EXPECT_EQ(adamw.weight_decay, 0.05);
  EXPECT_THAT(adamw.betas, ElementsAre(0.9, 0.95));
  for (const auto kind : {OptimizerKind::adam, OptimizerKind::sgd, OptimizerKind::lars}) {
    EXPECT_EQ(config_of(kind).weight_decay, 0);
    EXPECT_THAT(config_of(kind).betas, ElementsAre(0.9, 0.999));
  }
  EXPECT_EQ(config_of(OptimizerKind::sgd).base_lr, 0.03);
  EXPECT_EQ(config_of(OptimizerKind::lars).base_lr, 0.1);
}

}  // namespace
}  // namespace dbot::optim
