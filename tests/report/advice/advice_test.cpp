#include "dbot/report/advice/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dbot/report/advice/verdict.h"
#include "tests/report/advice/healthy_run.h"

namespace dbot::report {
namespace {

using testing::HasSubstr;
using testing::Not;

void expect_finding(const Observed& run, const std::string& id, Severity severity,
                    const std::string& figure) {
  const auto findings = advise(run);
  const Advice* advice = find(findings, id);
  ASSERT_NE(advice, nullptr) << id;
  EXPECT_EQ(advice->severity, severity) << id << ": " << advice->seen;
  EXPECT_THAT(advice->seen, HasSubstr(figure));
  EXPECT_FALSE(advice->why.empty());
  EXPECT_EQ(advice->todo.empty(), severity == Severity::good) << id;
}

TEST(Advice, FindsNothingWrongWithAHealthyRun) {
  Observed run = observed();
  run.pictures = {healthy_set()};
  run.figures.evaluations = {evaluation("raw pixels", 60), evaluation("untrained network", 50),
                             evaluation("stage 1", 75)};
  for (const Advice& advice : advise(run)) {
    EXPECT_EQ(advice.severity, Severity::good) << advice.id << ": " << advice.seen;
  }
  EXPECT_GE(advise(run).size(), 9u);
  EXPECT_EQ(judge(run, advise(run), RunState::finished).kind, Verdict::Kind::yes);
}

TEST(Advice, BuildsNoVerdictOnDoubtfulClasses) {
  Observed run = observed();
  run.figures.evaluations = {evaluation("raw pixels", 60), evaluation("untrained network", 80),
                             evaluation("stage 1", 75)};
  run.class_doubt = "look like years";
  EXPECT_EQ(find(advise(run), "untrained"), nullptr);
  expect_finding(run, "classes", Severity::note, "look like years");
  EXPECT_THAT(judge(run, advise(run), RunState::finished).sentence, HasSubstr("It looks right"));
  run.class_doubt.clear();
  EXPECT_EQ(judge(run, advise(run), RunState::finished).kind, Verdict::Kind::no);
}

TEST(Advice, BuildsNoVerdictOnAccuraciesNearChance) {
  Observed run = observed();
  run.chance = 50;
  run.figures.evaluations = {evaluation("raw pixels", 50.2), evaluation("untrained network", 50.4),
                             evaluation("stage 1", 47)};
  expect_finding(run, "classes", Severity::note, "near chance");
  EXPECT_THAT(judge(run, advise(run), RunState::finished).sentence, HasSubstr("It looks right"));
  // Where pixels tell the classes apart, a network that does not is at fault.
  run.figures.evaluations[0] = evaluation("raw pixels", 80);
  EXPECT_EQ(find(advise(run), "classes"), nullptr);
  EXPECT_EQ(judge(run, advise(run), RunState::finished).kind, Verdict::Kind::no);
}

TEST(Advice, SeesALossThatDoesNotFall) {
  expect_finding(observed({.loss = [](double) { return 0.2; }}), "loss_falls", Severity::warning,
                 "0.2");
  expect_finding(observed({.loss = [](double t) { return 0.1 + 0.3 * t; }}), "loss_falls",
                 Severity::problem, "0.385");
  EXPECT_EQ(find(advise(observed({.steps = 20})), "loss_falls"), nullptr) << "too early to say";
}

TEST(Advice, SeesAFirstLossOutOfItsRange) {
  expect_finding(observed({.loss = [](double t) { return 5 - t; }}), "first_loss",
                 Severity::warning, "5");
  Observed unknown = observed();
  unknown.expected.clear();
  EXPECT_EQ(find(advise(unknown), "first_loss"), nullptr);
}

TEST(Advice, SeesGradientsThatExplode) {
  expect_finding(observed({.gradient = [](double t) { return t > 0.9 ? 50.0 : 0.5; }}),
                 "gradient_norm", Severity::problem, "50");
  Observed spikes = observed({.gradient = [](double t) { return t == 0.5 ? 500.0 : 0.5; }});
  expect_finding(spikes, "gradient_norm", Severity::note, "500");
  spikes.clip_norm = 0;
  expect_finding(spikes, "gradient_norm", Severity::warning, "500");
}

TEST(Advice, CountsSkippedSteps) {
  Observed run = observed();
  run.figures.skipped_steps = 2;
  expect_finding(run, "skipped_steps", Severity::note, "2 of 1000");
  run.figures.skipped_steps = 200;
  expect_finding(run, "skipped_steps", Severity::problem, "200 of 1000");
}

TEST(Advice, SeesThatDataLoadingIsTheLimit) {
  Observed run = observed({.waiting = 0.5});
  run.workers = 4;
  expect_finding(run, "data_wait", Severity::warning, "50\u00a0%");
  EXPECT_THAT(find(advise(run), "data_wait")->todo, HasSubstr("(data.workers=8)"));
  run.commands.set = "say ";
  EXPECT_THAT(find(advise(run), "data_wait")->todo, HasSubstr("(say data.workers=8)"));
  EXPECT_THAT(find(advise(run), "data_wait")->seen, HasSubstr("20000 images/s"));
  EXPECT_THAT(find(advise(run), "data_wait")->seen, Not(HasSubstr("ready")));
  for (int step = 1; step <= 10; ++step) run.figures.curves["batches_ready"].add(step, step % 2);
  EXPECT_THAT(find(advise(run), "data_wait")->seen, HasSubstr("found 0.5 batches ready"));
}

TEST(Advice, SeesMemoryRunOut) {
  Observed run = observed();
  run.memory_bytes = 8e9;
  run.figures.stages[0].peak_memory_bytes = 7.8e9;
  expect_finding(run, "memory", Severity::warning, "7.80 of 8.0 GB");
}

TEST(Advice, SeesFewImagesAndShortRuns) {
  Observed run = observed();
  run.images = 300;
  run.figures.epoch = 4;
  run.figures.images_seen = 1200;
  expect_finding(run, "few_images", Severity::warning, "300");
  expect_finding(run, "short_run", Severity::note, "1,200");
}

TEST(Advice, CountsFilesThatCouldNotBeRead) {
  Observed run = observed();
  run.bad_files = 5;
  expect_finding(run, "bad_files", Severity::note, "5 files of 100000");
  run.bad_files = 5000;
  expect_finding(run, "bad_files", Severity::warning, "5000");
}

TEST(Advice, SeesCollapse) {
  Observed run = observed();
  run.pictures = {healthy_set()};
  run.pictures[0].health.effective_rank = 1.2;
  run.pictures[0].health.mean_cosine = 0.999;
  expect_finding(run, "collapse", Severity::problem, "1.2 of 96");
  EXPECT_EQ(judge(run, advise(run), RunState::finished).kind, Verdict::Kind::no);
  run.pictures[0].health.mean_cosine = 0.9;
  expect_finding(run, "collapse", Severity::warning, "1.2 of 96");
}

TEST(Advice, DoesNotTakeFewImagesForCollapse) {
  Observed run = observed();
  run.pictures = {healthy_set()};
  run.pictures[0].health.width = 1024;
  run.pictures[0].health.images = 64;
  run.pictures[0].health.effective_rank = 20;
  expect_finding(run, "collapse", Severity::good, "20.0 of 64");
}

TEST(Advice, SeesConstantPredictions) {
  Observed run = observed();
  run.pictures = {healthy_set()};
  run.pictures[0].health.prediction_deviation = 0.01;
  expect_finding(run, "constant_predictions", Severity::problem, "0.01");
  run.pictures[0].health.prediction_deviation = 0.1;
  expect_finding(run, "constant_predictions", Severity::warning, "0.1");
  run.pictures[0].health.held_out_loss = 0.1799;
  expect_finding(run, "constant_loss", Severity::warning, "0.1799");
}

TEST(Advice, SeesThatImagesAreLearntByHeart) {
  Observed run = observed();
  run.pictures = {healthy_set()};
  run.pictures[0].health.held_out_loss = 0.09;
  expect_finding(run, "overfit", Severity::warning, "0.09");
}

TEST(Advice, ComparesWithTheUntrainedNetworkPixelsAndTheStageBefore) {
  Observed run = observed();
  run.figures.evaluations = {evaluation("raw pixels", 70), evaluation("untrained network", 65),
                             evaluation("stage 1", 68), evaluation("stage 2", 60)};
  expect_finding(run, "untrained", Severity::problem, "60.00\u00a0% after stage 2");
  expect_finding(run, "raw_pixels", Severity::warning, "70.00\u00a0%");
  expect_finding(run, "stages", Severity::warning, "68.00\u00a0% after stage 1");
  EXPECT_EQ(judge(run, advise(run), RunState::finished).kind, Verdict::Kind::no);
}

TEST(Advice, PutsTheWorstFirst) {
  Observed run =
      observed({.gradient = [](double t) { return t > 0.9 ? 50.0 : 0.5; }, .waiting = 0.5});
  run.bad_files = 1;
  const auto findings = advise(run);
  for (std::size_t i = 1; i < findings.size(); ++i) {
    EXPECT_GE(findings[i - 1].severity, findings[i].severity);
  }
  EXPECT_EQ(findings.front().id, "gradient_norm");
}

TEST(Verdict, SaysInOneSentenceWhetherItWorks) {
  Observed run = observed();
  run.figures.evaluations = {evaluation("raw pixels", 80), evaluation("untrained network", 60),
                             evaluation("stage 1", 70)};
  const Verdict partly = judge(run, advise(run), RunState::finished);
  EXPECT_EQ(partly.kind, Verdict::Kind::partly);
  EXPECT_THAT(partly.sentence, HasSubstr("from 60.0\u00a0% (untrained network) to 70.0\u00a0%"));
  EXPECT_THAT(partly.sentence, HasSubstr("80.0\u00a0%"));
  run.figures.evaluations[0] = evaluation("raw pixels", 50);
  const Verdict yes = judge(run, advise(run), RunState::running);
  EXPECT_EQ(yes.kind, Verdict::Kind::yes);
  EXPECT_THAT(yes.sentence, HasSubstr("so far"));
}

TEST(Verdict, ComparesWithTheStartWhateverItIsCalled) {
  Observed run = observed();
  run.figures.evaluations = {evaluation("start weights", 10), evaluation("stage 1", 92)};
  run.figures.evaluations[0].moment = Moment::start;
  EXPECT_THAT(judge(run, advise(run), RunState::finished).sentence,
              HasSubstr("from 10.0\u00a0% (start weights) to 92.0\u00a0%"));
  expect_finding(run, "untrained", Severity::good, "10.00\u00a0% before (start weights)");
}

TEST(Verdict, GoesByTheLossWithoutLabels) {
  EXPECT_THAT(judge(observed(), advise(observed()), RunState::finished).sentence,
              HasSubstr("the loss of stage 1 went from 0.25"));
  const Observed flat = observed({.loss = [](double) { return 0.2; }});
  EXPECT_EQ(judge(flat, advise(flat), RunState::finished).kind, Verdict::Kind::no);
  EXPECT_EQ(judge({}, {}, RunState::empty).kind, Verdict::Kind::too_early);
  EXPECT_TRUE(advise({}).empty()) << "of nothing, nothing is said";
}

}  // namespace
}  // namespace dbot::report
