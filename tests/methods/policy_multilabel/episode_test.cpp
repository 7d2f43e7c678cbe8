// The pieces of a policy learner that no fixture holds: gradients by finite differences, and
// whether thresholds and weights are learned.
#include "dbot/methods/policy_multilabel/episode.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/random.h"
#include "dbot/optim/optimizer.h"

namespace dbot::methods {
namespace {

using objectives::LabelReward;

at::Tensor normal(std::initializer_list<std::int64_t> shape, core::Random& random,
                  double scale = 1) {
  at::Tensor tensor = at::zeros(shape, at::kFloat);
  auto* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = static_cast<float>(scale * random.normal());
  }
  return tensor;
}

TEST(LogDensity, HasTheGradientOfFiniteDifferences) {
  core::Random random({.seed = 1});
  const at::Tensor sample = normal({1, 5}, random).to(at::kDouble);
  const at::Tensor mean = normal({1, 5}, random).to(at::kDouble).set_requires_grad(true);
  log_density(sample, mean, 0.2).backward();
  for (std::int64_t i = 0; i < 5; ++i) {
    constexpr double kStep = 1e-5;
    const auto at = [&](double by) {
      at::Tensor moved = mean.detach().clone();
      moved[0][i] += by;
      return log_density(sample, moved, 0.2).item<double>();
    };
    EXPECT_NEAR(mean.grad()[0][i].item<double>(), (at(kStep) - at(-kStep)) / (2 * kStep), 1e-4);
  }
}

TEST(Policy, BeginsAsWithoutOne) {
  const PolicyShape shape{.labels = 7, .hidden = 5};
  nn::ParameterStore policy(policy_parameters(shape));
  policy.initialise(3, 0);
  for (const char* head : {"A.weight", "C.weight"}) {
    EXPECT_GT(policy.at(head).detach().abs().max().item<double>(), 0);
    EXPECT_LT(policy.at(head).detach().abs().max().item<double>(), 0.1) << "heads start small";
    policy.at(head).detach().zero_();
  }
  const PolicyStep said = policy_step(policy, fresh_memory(shape, policy));
  EXPECT_TRUE(loss_weights(said.weights).allclose(at::ones({1, 7})));
  EXPECT_TRUE(bounded_thresholds(said.thresholds).allclose(at::full({1, 7}, 0.5)));
}

/// A classifier with a hidden layer, and samples to learn from and to be judged on.
struct Problem {
  explicit Problem(std::int64_t hidden) {
    core::Random random({.seed = 2});
    batch = {.rows = normal({9, 4}, random).to(at::kDouble),
             .truth = normal({9, 3}, random).gt(0).to(at::kDouble),
             .meta_rows = normal({8, 4}, random).to(at::kDouble),
             .meta_truth = normal({8, 3}, random).gt(0).to(at::kDouble)};
    std::vector<at::Tensor> parameters;
    if (hidden > 0) parameters = {normal({hidden, 4}, random), normal({hidden}, random, 0.1)};
    parameters.push_back(normal({3, hidden > 0 ? hidden : 4}, random));
    parameters.push_back(normal({3}, random));
    network = LabelNetwork(std::move(parameters));
  }
  EpisodeBatch batch;
  LabelNetwork network{{}};
};

LabelNetwork in_double(const LabelNetwork& network) {
  std::vector<at::Tensor> parameters;
  for (const auto& tensor : network.parameters()) parameters.push_back(tensor.to(at::kDouble));
  return LabelNetwork(std::move(parameters));
}

TEST(LookAhead, IsTheSlopeOfTheMetaLoss) {
  for (const std::int64_t hidden : {0, 6}) {
    const Problem problem(hidden);
    const LabelNetwork network = in_double(problem.network);
    const EpisodeBatch& batch = problem.batch;
    const at::Tensor weights = at::ones({1, 3}, at::kDouble) * 0.7;
    const LookAhead ahead = look_ahead(network, batch, weights, 0.5);
    for (std::int64_t label = 0; label < 3; ++label) {
      constexpr double kStep = 1e-5;
      const auto at = [&](double by) {
        at::Tensor moved = weights.clone();
        moved[0][label] += by;
        return look_ahead(network, batch, moved, 0.5).meta_loss.item<double>();
      };
      EXPECT_NEAR(ahead.gradient[0][label].item<double>(), (at(kStep) - at(-kStep)) / (2 * kStep),
                  1e-7)
          << hidden;
    }
  }
}

TEST(LabelNetwork, HasTheGradientsOfFiniteDifferences) {
  const Problem problem(6);
  const LabelNetwork network = in_double(problem.network);
  const EpisodeBatch& batch = problem.batch;
  const at::Tensor ones = at::ones({1, 3}, at::kDouble);
  const auto loss = [&] {
    return objectives::weighted_bce(network.forward(batch.rows).logits, batch.truth, ones)
        .item<double>();
  };
  const auto pass = network.forward(batch.rows);
  const auto gradients =
      network.backward(pass, objectives::weighted_bce_gradient(pass.logits, batch.truth, ones));
  ASSERT_EQ(gradients.size(), 4U);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const at::Tensor flat = network.parameters()[i].view(-1);
    for (std::int64_t place : {std::int64_t{0}, flat.numel() - 1}) {
      constexpr double kStep = 1e-6;
      flat[place] += kStep;
      const double above = loss();
      flat[place] -= 2 * kStep;
      const double below = loss();
      flat[place] += kStep;
      EXPECT_NEAR(gradients[i].reshape(-1)[place].item<double>(), (above - below) / (2 * kStep),
                  1e-7);
    }
  }
}

/// Labels whose scores are shifted: what holds has scores above 0.2, or above 0.8, the rest below.
class ShiftedLabels {
 public:
  explicit ShiftedLabels(std::int64_t labels) : labels_(labels) {
    core::Random random({.seed = 4});
    constexpr std::int64_t kSamples = 512;
    rows_ = at::zeros({kSamples, labels_}, at::kFloat);
    truth_ = at::zeros({kSamples, labels_}, at::kFloat);
    auto* rows = rows_.mutable_data_ptr<float>();
    auto* truth = truth_.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < kSamples * labels_; ++i) {
      const double best = best_threshold(i % labels_);
      const bool holds = random.uniform() < 0.5;
      const double score = random.uniform(holds ? best : best - 0.19, holds ? best + 0.19 : best);
      truth[i] = holds ? 1 : 0;
      rows[i] = static_cast<float>(std::log(score / (1 - score)));
    }
  }
  std::int64_t count() const { return labels_; }
  static double best_threshold(std::int64_t label) { return label % 2 == 0 ? 0.2 : 0.8; }

  /// The scores are the samples' own: a classifier that passes them on and never changes.
  Episode run(const EpisodeConfig& config, const nn::ParameterStore& policy, std::int64_t steps,
              core::Random& random, double baseline) const {
    const LabelNetwork identity({at::eye(labels_, at::kFloat), at::zeros({labels_})});
    const EpisodeBatch batch{
        .rows = rows_, .truth = truth_, .meta_rows = rows_, .meta_truth = truth_};
    return run_episode(
        config, shape(), policy, identity, [](const std::vector<at::Tensor>&) {},
        [&](std::int64_t) { return batch; }, normal({steps, labels_}, random),
        normal({steps, labels_}, random), baseline);
  }

  /// Thresholds behind a few hundred episodes.
  at::Tensor learned(const EpisodeConfig& config, std::int64_t episodes, double rate) const {
    nn::ParameterStore policy(policy_parameters(shape()));
    policy.initialise(1, 0);
    optim::OptimizerConfig settings = optim::default_config(optim::OptimizerKind::adam);
    settings.betas = {0.9, 0.999};
    const auto optimizer = optim::make_optimizer(optim::pretraining_groups(policy, 0), settings);
    core::Random random({.seed = 6});
    double baseline = 0;
    for (std::int64_t i = 0; i < episodes; ++i) {
      const Episode episode = run(config, policy, 4, random, baseline);
      episode.surrogate.backward();
      baseline = next_baseline(baseline, episode);
      optimizer->step(rate, optim::Optimizer::clip_scale(optimizer->gradient_norm(), 1));
    }
    const Episode last = run(config, policy, 4, random, baseline);
    return bounded_thresholds(last.steps.back().said.thresholds).detach();
  }

  /// Where the ratio drives a label's threshold, whatever it is: its slope is (Σ₋ y − Σ₊ y)/p².
  double bound_of_ratio(std::int64_t label) const {
    const at::Tensor scores = at::sigmoid(rows_.select(1, label)), holds = truth_.select(1, label);
    const double slope = (scores * (1 - holds) - scores * holds).sum().item<double>();
    return slope < 0 ? kLowestThreshold : kHighestThreshold;
  }

  double micro_f1(const at::Tensor& thresholds) const {
    return objectives::label_reward(LabelReward::exact_f1, at::sigmoid(rows_), truth_, thresholds)
        .item<double>();
  }

 private:
  PolicyShape shape() const { return {.labels = labels_, .hidden = 16}; }
  std::int64_t labels_;
  at::Tensor rows_, truth_;
};

void expect_found(const ShiftedLabels& labels, const at::Tensor& thresholds) {
  for (std::int64_t label = 0; label < labels.count(); ++label) {
    EXPECT_NEAR(thresholds[0][label].item<double>(), ShiftedLabels::best_threshold(label), 0.07)
        << label;
  }
  const double usual = labels.micro_f1(at::full({1, labels.count()}, 0.5));
  EXPECT_GT(labels.micro_f1(thresholds), usual + 0.05);
}

TEST(SyntheticLabels, ThresholdsAreFoundByTheGradientOfSoftF1) {
  const ShiftedLabels labels(20);
  expect_found(labels, labels.learned({.weights = WeightPolicy::fixed,
                                       .thresholds = ThresholdPolicyLearning::direct,
                                       .reward = LabelReward::soft_f1},
                                      300, 0.01));
}

TEST(SyntheticLabels, ThresholdsAreFoundByThePolicyGradient) {
  // One reward for all labels and steps: it tells few of them apart in so few episodes.
  const ShiftedLabels labels(2);
  expect_found(labels, labels.learned({.weights = WeightPolicy::fixed,
                                       .thresholds = ThresholdPolicyLearning::policy_gradient,
                                       .reward = LabelReward::soft_f1,
                                       .gamma = 0},
                                      1500, 0.003));
}

/// All of them, though the best thresholds are inside the range and far better.
void expect_at_bounds(const ShiftedLabels& labels, const at::Tensor& thresholds) {
  at::Tensor best = at::zeros({1, labels.count()});
  for (std::int64_t label = 0; label < labels.count(); ++label) {
    EXPECT_NEAR(thresholds[0][label].item<double>(), labels.bound_of_ratio(label), 0.03) << label;
    best[0][label] = ShiftedLabels::best_threshold(label);
  }
  EXPECT_LT(labels.micro_f1(thresholds), labels.micro_f1(best) - 0.2);
}

TEST(SyntheticLabels, TheRatioRunsToTheBounds) {
  const ShiftedLabels labels(20);
  expect_at_bounds(labels, labels.learned({.weights = WeightPolicy::fixed,
                                           .thresholds = ThresholdPolicyLearning::direct,
                                           .reward = LabelReward::ratio},
                                          600, 0.03));
}

TEST(SyntheticLabels, TheRatioRunsToTheBoundsByThePolicyGradientToo) {
  const ShiftedLabels labels(2);
  expect_at_bounds(labels, labels.learned({.weights = WeightPolicy::fixed,
                                           .thresholds = ThresholdPolicyLearning::policy_gradient,
                                           .reward = LabelReward::ratio,
                                           .gamma = 0},
                                          1500, 0.01));
}

}  // namespace
}  // namespace dbot::methods
