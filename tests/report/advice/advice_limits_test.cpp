// Where each finding begins: a run just on this side of the limit, and one just beyond it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <string>

#include "tests/report/advice/healthy_run.h"

namespace dbot::report {
namespace {

/// `expected` is the severity of the check; nothing where the check says nothing at all.
void expect_severity(const Observed& run, const std::string& id, std::optional<Severity> expected,
                     const std::string& what) {
  const auto findings = advise(run);
  const Advice* advice = find(findings, id);
  const std::string seen = advice != nullptr ? advice->seen : "nothing";
  ASSERT_EQ(advice != nullptr, expected.has_value()) << id << ", " << what << seen;
  if (advice == nullptr) return;
  EXPECT_EQ(advice->severity, *expected) << id << ", " << what << seen;
  EXPECT_EQ(advice->severity == Severity::good, advice->todo.empty()) << id << ", " << what;
}

struct Limit {
  const char* check;
  double below, beyond;  // values on both sides of it
  std::function<void(Observed&, double)> set;
  std::optional<Severity> before = Severity::good;
  std::optional<Severity> after = Severity::warning;
};

std::string title_of(const Observed& run, const std::string& id) {
  const auto findings = advise(run);
  const Advice* advice = find(findings, id);
  return advice != nullptr ? advice->title : "";
}

void expect_limit(const Limit& limit) {
  Observed below = observed(), beyond = observed();
  for (Observed* run : {&below, &beyond}) run->pictures = {healthy_set()};
  limit.set(below, limit.below);
  limit.set(beyond, limit.beyond);
  expect_severity(below, limit.check, limit.before, std::to_string(limit.below) + ": ");
  expect_severity(beyond, limit.check, limit.after, std::to_string(limit.beyond) + ": ");
  if (limit.before == Severity::good || !limit.before) {
    EXPECT_NE(title_of(below, limit.check), title_of(beyond, limit.check)) << limit.check;
  }
}

FeatureHealth& health(Observed& run) {
  return run.pictures[0].health;
}

TEST(AdviceLimits, OfFeatures) {
  // 3 % of 96, or of as many images as there are.
  const auto rank = [](Observed& run, double value) { health(run).effective_rank = value; };
  expect_limit({.check = "collapse", .below = 2.9, .beyond = 2.86, .set = rank});
  const auto rank_of_few = [](Observed& run, double value) {
    health(run).images = 40;
    health(run).effective_rank = value;
  };
  expect_limit({.check = "collapse", .below = 1.21, .beyond = 1.19, .set = rank_of_few});
  const auto cosine = [](Observed& run, double value) { health(run).mean_cosine = value; };
  expect_limit({.check = "collapse", .below = 0.994, .beyond = 0.996, .set = cosine});
}

TEST(AdviceLimits, OfPredictions) {
  // Of targets that vary by 0.9; of a blind loss of 0.18; of a training loss of 0.05.
  const auto deviation = [](Observed& run, double value) {
    health(run).prediction_deviation = value;
  };
  expect_limit(
      {.check = "constant_predictions", .below = 0.181, .beyond = 0.179, .set = deviation});
  expect_limit({.check = "constant_predictions",
                .below = 0.046,
                .beyond = 0.044,
                .set = deviation,
                .before = Severity::warning,
                .after = Severity::problem});
  const auto held_out = [](Observed& run, double value) { health(run).held_out_loss = value; };
  expect_limit({.check = "constant_loss", .below = 0.176, .beyond = 0.177, .set = held_out});
  expect_limit({.check = "overfit", .below = 0.0624, .beyond = 0.0626, .set = held_out});
  const auto by_constant = [](Observed& run, double value) {  // 0.2, where positions are not known
    health(run).position_loss = 0;
    health(run).held_out_loss = value;
  };
  expect_limit({.check = "constant_loss", .below = 0.195, .beyond = 0.197, .set = by_constant});
  const auto on_training = [](Observed& run, double value) {
    health(run).held_out_loss = std::nan("");
    health(run).training_loss = value;
  };
  expect_limit({.check = "constant_loss", .below = 0.176, .beyond = 0.177, .set = on_training});
}

TEST(AdviceLimits, FeaturesOfAnUntrainedNetworkAreNotJudged) {
  Observed run = observed();
  run.pictures = {healthy_set(), healthy_set()};
  run.pictures[0].health.effective_rank = 1;
  run.pictures[1].health.effective_rank = 1;
  run.pictures[1].step = 0;
  expect_severity(run, "collapse", Severity::warning, "the newest set of a trained network: ");
  run.pictures[0].step = 0;
  expect_severity(run, "collapse", std::nullopt, "two sets before the first step: ");
  run.pictures[0].step = 1;
  expect_severity(run, "collapse", Severity::warning, "a set after the first step: ");
}

TEST(AdviceLimits, WhatWasNotMeasuredIsNotJudged) {
  const double unknown = std::nan("");
  const auto expect_nothing = [](const std::string& id, auto set) {
    Observed run = observed();
    run.pictures = {healthy_set()};
    set(health(run));
    expect_severity(run, id, std::nullopt, "not measured: ");
  };
  for (const double nothing : {0.0, unknown}) {
    expect_nothing("collapse", [=](FeatureHealth& of) { of.effective_rank = nothing; });
    expect_nothing("collapse", [=](FeatureHealth& of) { of.width = nothing; });
    expect_nothing("constant_predictions",
                   [=](FeatureHealth& of) { of.target_deviation = nothing; });
    expect_nothing("overfit", [=](FeatureHealth& of) { of.training_loss = nothing; });
  }
  expect_nothing("constant_predictions",
                 [=](FeatureHealth& of) { of.prediction_deviation = unknown; });
  expect_nothing("overfit", [=](FeatureHealth& of) { of.held_out_loss = unknown; });
  expect_nothing("constant_loss", [=](FeatureHealth& of) {
    of.held_out_loss = unknown;
    of.training_loss = unknown;
  });
  expect_nothing("constant_loss", [=](FeatureHealth& of) {
    of.position_loss = unknown;
    of.constant_loss = unknown;
  });
}

TEST(AdviceLimits, OfSteps) {
  // The loss goes from its first tenth to its last by the share that `fall` says.
  const auto fall = [](Observed& run, double value) {
    Curve& loss = run.figures.curves["loss"];
    loss = {};
    for (int step = 1; step <= 1000; ++step) loss.add(step, step <= 500 ? 0.2 : 0.2 * (1 - value));
  };
  expect_limit({.check = "loss_falls", .below = 0.021, .beyond = 0.019, .set = fall});
  expect_limit({.check = "loss_falls",
                .below = -0.09,
                .beyond = -0.11,
                .set = fall,
                .before = Severity::warning,
                .after = Severity::problem});
  const auto steps = [](Observed& run, double value) {
    run.figures.stages[0].steps = static_cast<std::int64_t>(value);
  };
  expect_limit({.check = "loss_falls",
                .below = 99,
                .beyond = 100,
                .set = steps,
                .before = std::nullopt,
                .after = Severity::good});
  const auto skipped = [](Observed& run, double value) {
    run.figures.skipped_steps = static_cast<std::int64_t>(value);
  };
  expect_limit({.check = "skipped_steps",
                .below = 10,
                .beyond = 11,
                .set = skipped,
                .before = Severity::note,
                .after = Severity::problem});
  expect_limit(
      {.check = "skipped_steps", .below = 0, .beyond = 1, .set = skipped, .after = Severity::note});
}

TEST(AdviceLimits, OfTheFirstLoss) {
  const auto first = [](Observed& run, double value) {
    run.expected.front()->first_low = 0.1;
    run.expected.front()->first_high = 0.4;
    run.figures.stages[0].first_loss = value;
  };
  expect_limit({.check = "first_loss", .below = 0.11, .beyond = 0.09, .set = first});
  expect_limit({.check = "first_loss", .below = 0.39, .beyond = 0.41, .set = first});
}

TEST(AdviceLimits, OfGradients) {
  // Medians of 1 in both.
  const auto curve = [](int from, int to, double value) {
    Curve gradient;
    for (int step = 1; step <= 1000; ++step)
      gradient.add(step, step > from && step <= to ? value : 1);
    return gradient;
  };
  const auto growth = [&](Observed& run, double value) {
    run.figures.curves["gradient_norm"] = curve(800, 1000, value);
  };
  expect_limit({.check = "gradient_norm",
                .below = 9.9,
                .beyond = 10.1,
                .set = growth,
                .after = Severity::problem});
  const auto spike = [&](Observed& run, double value) {
    run.figures.curves["gradient_norm"] = curve(400, 401, value);
  };
  expect_limit({.check = "gradient_norm",
                .below = 99,
                .beyond = 101,
                .set = spike,
                .after = Severity::note});
  const auto clipping = [&](Observed& run, double value) {
    run.clip_norm = value;
    spike(run, 101);
  };
  expect_limit({.check = "gradient_norm",
                .below = 0.5,
                .beyond = 0,
                .set = clipping,
                .before = Severity::note});
  const auto size = [&](Observed& run, double value) {
    run.figures.curves["gradient_norm"] = {};
    for (int step = 1; step <= 1000; ++step)
      run.figures.curves["gradient_norm"].add(step, step == 400 ? 99 * value : value);
  };
  for (const double small : {1e-6, 1e6}) {  // what counts is growth, not size
    Observed run = observed();
    size(run, small);
    expect_severity(run, "gradient_norm", Severity::good, std::to_string(small) + ": ");
  }
}

TEST(AdviceLimits, OfTheMachine) {
  const auto waiting = [](Observed& run, double value) { run.figures.data_wait_seconds = value; };
  expect_limit({.check = "data_wait", .below = 199, .beyond = 201, .set = waiting});
  const auto memory = [](Observed& run, double value) {
    run.memory_bytes = 10e9;
    run.figures.stages[0].peak_memory_bytes = value;
    run.figures.stages[1].peak_memory_bytes = value - 1e9;  // the highest of them counts
  };
  expect_limit({.check = "memory", .below = 8.9e9, .beyond = 9.1e9, .set = memory});
  const auto bad_files = [](Observed& run, double value) {
    run.bad_files = static_cast<std::int64_t>(value);
  };
  expect_limit({.check = "bad_files",
                .below = 1000,
                .beyond = 1001,
                .set = bad_files,
                .before = Severity::note});
}

TEST(AdviceLimits, OfTheLength) {
  const auto images = [](Observed& run, double value) {
    run.images = static_cast<std::int64_t>(value);
  };
  expect_limit({.check = "few_images",
                .below = 2000,
                .beyond = 1999,
                .set = images,
                .before = std::nullopt});
  const auto epochs = [](Observed& run, double value) {
    run.figures.images_seen = 1'999'999;
    run.figures.epoch = value;
  };
  expect_limit({.check = "short_run",
                .below = 50,
                .beyond = 49.9,
                .set = epochs,
                .before = std::nullopt,
                .after = Severity::note});
  const auto seen = [](Observed& run, double value) {
    run.figures.epoch = 1;
    run.figures.images_seen = static_cast<std::int64_t>(value);
  };
  expect_limit({.check = "short_run",
                .below = 2'000'000,
                .beyond = 1'999'999,
                .set = seen,
                .before = std::nullopt,
                .after = Severity::note});
}

}  // namespace
}  // namespace dbot::report
