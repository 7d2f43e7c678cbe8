// A policy learner as a system: its stages, what it refuses, and that the trainer leaves a frozen
// meta-learner alone. Kills, resumes and figures: tests/methods/catalogue_test.cpp.
#include "dbot/methods/policy_multilabel/policy_multilabel.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/loader/value_parts.h"
#include "dbot/data/text/tables/labelled_rows.h"
#include "dbot/data/text/unpaired_part.h"
#include "dbot/methods/policy_multilabel/label_rows.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_entry.h"
#include "dbot/methods/policy_multilabel/policy_state.h"
#include "dbot/train/trainer.h"
#include "tests/core/temporary_folder.h"

namespace dbot::methods {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kRowWidth = 6, kEpisodeSteps = 3;

/// Rows that say which of two labels hold.
std::shared_ptr<const data::LabelledRows> some_rows(std::int64_t count) {
  std::vector<data::SparseRow> rows;
  std::vector<std::vector<std::int32_t>> labels;
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) {
    const bool first = i % 2 == 0, second = i % 3 == 0;
    data::SparseRow row{.places = {}, .values = {}};
    std::vector<std::int32_t> holds;
    if (first) row.places.push_back(0), holds.push_back(0);
    if (second) row.places.push_back(1), holds.push_back(1);
    row.places.push_back(2 + i % (kRowWidth - 2));
    row.values.assign(row.places.size(), 1.0F);
    rows.push_back(std::move(row));
    labels.push_back(std::move(holds));
    names.push_back("row " + std::to_string(i));
  }
  return std::make_shared<data::LabelledRows>(std::move(rows), std::move(labels), std::move(names),
                                              std::vector<std::string>{"first", "second"});
}

PolicyMultilabelConfig small_policy() {
  PolicyMultilabelConfig config;
  config.steps = kEpisodeSteps;
  config.hidden = 4;
  config.learning_rate = 0.1;
  config.seed = 7;
  return config;
}

DataFacts known_rows() {
  DataFacts facts;
  facts.classes = {"first", "second"};
  facts.row_width = kRowWidth;
  facts.stage_batches = {4, 2};
  return facts;
}

std::vector<data::BatchPartFactory> row_batch_parts() {
  return {data::ragged_part({.name = data::kRowPlaces, .type = at::kLong}),
          data::ragged_part({.name = data::kRowValues}),
          data::value_part({.name = data::kLabelSet, .shape = {2}})};
}

/// Trains both stages of four and two steps, with watchers.
class Training {
 public:
  explicit Training(PolicyMultilabelConfig config) : method_(std::move(config)) {
    method_.see_data(known_rows());
  }

  PolicyMultilabel& run(std::vector<train::TrainObserver*> watchers = {}) {
    train::TrainerSettings settings;
    settings.plan = {.steps_per_epoch = 2, .stage_begin = {0, 4, 6}, .warmup_steps = {0, 0}};
    settings.train.batch_size = 4 * kEpisodeSteps;
    settings.optimizer = optim::default_config(optim::OptimizerKind::adam);
    settings.optimizer.base_lr = 1;
    settings.checkpoint = {.every_steps = 0, .every_epochs = 0};
    settings.checkpoint_folder = folder_.path();
    const auto rows = some_rows(24), held_out = some_rows(10);
    auto parts = row_batch_parts();
    for (auto& part : row_batch_parts()) {
      parts.push_back(
          data::unpaired_part(held_out, rows->size(), std::move(part), data::kHeldOutPrefix));
    }
    const auto make_loader = [=](const train::LoaderStart& start, const core::Log& log) {
      data::LoaderConfig config{.batch_size = 4 * kEpisodeSteps, .workers = 1, .seed = 5};
      start.apply_to(config);
      return std::make_unique<data::Loader>(rows, parts, config, log);
    };
    train::Trainer trainer(settings, method_, make_loader, std::move(watchers), core::silent_log());
    trainer.run(core::StopRequest());
    return method_;
  }

 private:
  test::TemporaryFolder folder_;
  PolicyMultilabel method_;
};

/// The meta-learner's weights and the steps of the classifier, behind each step.
class Watch : public train::TrainObserver {
 public:
  void on_step(const train::StepRecord&, methods::Method& method) override {
    const nn::ParameterStore& store = method.parameters();
    policies.push_back(store.at("gru.weight_ih").detach().clone());
    classifiers.push_back(store.at("classifier.weight").detach().clone());
    taken.push_back(kept_number(store, kClassifierSteps));
    spoken.push_back(kept_number(store, kSpoken));
  }
  std::vector<at::Tensor> policies, classifiers;
  std::vector<double> taken, spoken;
};

TEST(PolicyMultilabel, LearnsAMetaLearnerAndThenAClassifierUnderIt) {
  Watch watch;
  Training training(small_policy());
  const PolicyMultilabel& method = training.run({&watch});
  ASSERT_EQ(watch.taken.size(), 6U);
  EXPECT_FALSE(at::equal(watch.policies[0], watch.policies[3]));
  EXPECT_TRUE(at::equal(watch.policies[3], watch.policies[5])) << "frozen";
  // It begins afresh after as many steps as the second training has, and for that one.
  EXPECT_THAT(watch.taken, testing::ElementsAre(3, 6, 3, 6, 3, 6));
  EXPECT_THAT(watch.spoken, testing::ElementsAre(0, 0, 0, 0, 2, 3)) << "evenly, three times";
  EXPECT_FALSE(at::equal(watch.classifiers[4], watch.classifiers[5]));
  const auto thresholds = method.label_thresholds();
  ASSERT_EQ(thresholds.size(), 2U);
  for (const double threshold : thresholds) {
    EXPECT_GE(threshold, kLowestThreshold);
    EXPECT_LE(threshold, kHighestThreshold);
  }
  EXPECT_THAT(method.describe_backbone(), HasSubstr("\"labels\":[\"first\",\"second\"]"));
}

TEST(PolicyMultilabel, FixedPoliciesAreTheUsualOnes) {
  PolicyMultilabelConfig config = small_policy();
  config.episode.weights = WeightPolicy::fixed;
  Training of_thresholds(config);
  const PolicyMultilabel& fixed_weights = of_thresholds.run();
  EXPECT_TRUE(fixed_weights.state().at("student.memory.weights").eq(1).all().item<bool>());
  config = small_policy();
  config.episode.thresholds = ThresholdPolicyLearning::fixed;
  Training of_weights(config);
  EXPECT_THAT(of_weights.run().label_thresholds(), testing::Each(0.5));
}

TEST(PolicyMultilabel, RefusesDataWithoutLabels) {
  PolicyMultilabel method(small_policy());
  DataFacts facts = known_rows();
  facts.classes = {"one"};
  method.see_data(facts);
  EXPECT_THROW(method.begin_stage(0), DataError);
}

TEST(PolicyMultilabel, RefusesAStateThatIsNotItsOwn) {
  PolicyMultilabel method(small_policy());
  EXPECT_THROW(method.load_state(0, {}), DataError);
  Training training(small_policy());
  auto state = training.run().state();
  state["student.description"] = at::zeros({3}, at::kByte);
  EXPECT_THROW(method.load_state(0, state), DataError);
}

TEST(PolicyMultilabel, RefusesValuesThatDoNotFit) {
  const auto said = [](const PolicyMultilabelConfig& config, const Surroundings& surroundings) {
    try {
      check(config, surroundings);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const Surroundings good{.stages = 2, .batch_size = 12};
  EXPECT_EQ(said(small_policy(), good), "");
  EXPECT_THAT(said(small_policy(), {.stages = 1, .batch_size = 12}),
              HasSubstr("stages.count is 1"));
  EXPECT_THAT(said(small_policy(), {.stages = 2, .batch_size = 13}),
              HasSubstr("episode.steps 3 does not divide; choose 12 or 15"));
  EXPECT_THAT(said(small_policy(), {.stages = 2, .keep_optimizer = true, .batch_size = 12}),
              HasSubstr("stages.keep_optimizer"));
  PolicyMultilabelConfig nothing = small_policy();
  nothing.episode.weights = WeightPolicy::fixed;
  nothing.episode.thresholds = ThresholdPolicyLearning::fixed;
  EXPECT_THAT(said(nothing, good), HasSubstr("nothing is learned"));
  PolicyMultilabelConfig exact = small_policy();
  exact.episode.thresholds = ThresholdPolicyLearning::direct;
  exact.episode.reward = objectives::LabelReward::exact_f1;
  EXPECT_THAT(said(exact, good), HasSubstr("has no gradient"));
}

TEST(LabelRows, OfABatchAreAsThoseWrittenOut) {
  data::Loader loader(some_rows(4), row_batch_parts(),
                      {.batch_size = 4, .workers = 1, .training = false}, core::silent_log());
  const auto batch = loader.next();
  const LabelRows few(*batch, "", 1, 2, kRowWidth);
  // The second row is empty but for its noise; the third one holds the first label.
  const at::Tensor dense = at::zeros({2, kRowWidth});
  dense[0][3] = 1;
  dense[1][0] = dense[1][4] = 1;
  const LabelRows all(dense);
  const at::Tensor weight = at::arange(3 * kRowWidth, at::kFloat).reshape({3, kRowWidth});
  EXPECT_TRUE(at::equal(few.times(weight), all.times(weight)));
  const at::Tensor gradient = at::arange(6, at::kFloat).reshape({2, 3});
  EXPECT_TRUE(at::equal(few.gathered(gradient), all.gathered(gradient)));
  EXPECT_THROW(LabelRows(*batch, "", 0, 4, 3), DataError);
}

}  // namespace
}  // namespace dbot::methods
