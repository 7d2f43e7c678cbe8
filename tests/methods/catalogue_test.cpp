// Every learning system through the same lines: two stages of two steps, checkpoints, a kill and a
// stop inside a step, a resume to the same bits, metrics with its scalars, a page, its backbone as
// a file and evaluated; and trained by two processes. All but the last on every device of
// DBOT_TEST_DEVICES.
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/data/loader/loader.h"
#include "dbot/data/loader/value_parts.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/text_names.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/catalogue.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/page/page_observer.h"
#include "dbot/report/pictures/draw_set.h"
#include "dbot/report/pictures/picture_observer.h"
#include "dbot/train/trainer.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/catalogue_systems.h"
#include "tests/methods/images_and_numbers.h"
#include "tests/methods/small_system.h"
#include "tests/runtime/process_group/ranks.h"

namespace dbot {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kSamples = 24, kBatch = 2, kSteps = 4;

const methods::DataFacts kCatalogueFacts{.mean = {0.5, 0.5, 0.5},
                                         .std = {0.25, 0.25, 0.25},
                                         .classes = {"dark", "bright"},
                                         .row_width = test::kRowWidth,
                                         .stage_batches = {4, 4}};

/// Wherever they lie.
bool same_values(const at::Tensor& a, const at::Tensor& b) {
  return at::equal(a.cpu(), b.cpu());
}

/// Ends the process' work after a step, as a kill would: nothing is saved after it.
class Kill : public train::TrainObserver {
 public:
  Kill(std::int64_t step, fs::path checkpoints, fs::path kept)
      : step_(step), checkpoints_(std::move(checkpoints)), kept_(std::move(kept)) {}
  void on_checkpoint(const fs::path&, const train::TrainState& state) override {
    if (state.step == step_)
      fs::copy(checkpoints_, kept_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  }

 private:
  std::int64_t step_;
  fs::path checkpoints_, kept_;
};

/// Asks to stop between the micro-batches of the step that begins at `step`.
class StopInside : public train::TrainObserver {
 public:
  StopInside(core::StopRequest& stop, std::int64_t step) : stop_(stop), step_(step) {}
  void on_micro_batch(const train::StepProgress& progress, methods::Method&) override {
    if (progress.state.step == step_ && progress.done == 1) stop_.request();
  }

 private:
  core::StopRequest& stop_;
  std::int64_t step_;
};

/// Two stages of two steps of two micro-batches.
train::TrainerSettings two_stages(const test::System& system) {
  train::TrainerSettings settings;
  settings.plan = {.steps_per_epoch = 2, .stage_begin = {0, 2, kSteps}, .warmup_steps = {1, 1}};
  settings.train.batch_size = kBatch;
  settings.train.accumulate = 2;
  settings.optimizer.base_lr = 0.5;
  settings.optimizer.weight_decay = system.weight_decay;
  return settings;
}

class EverySystem : public testing::TestWithParam<test::System> {
 protected:
  /// Trains to the end of two stages or until it is stopped, from the checkpoints in `folder` if
  /// there are any.
  std::unique_ptr<methods::Method> train(const fs::path& folder,
                                         std::vector<train::TrainObserver*> watchers = {},
                                         const core::StopRequest& stop = core::StopRequest()) {
    const auto checkpoint =
        train::read_newest_checkpoint(folder / "checkpoints", core::silent_log());
    auto method = GetParam().make(checkpoint.has_value());
    method->see_data(kCatalogueFacts);
    train::TrainerSettings settings = two_stages(GetParam());
    settings.checkpoint = {.every_steps = 1, .keep = 10};
    settings.checkpoint_folder = folder / "checkpoints";
    fs::create_directories(folder / "checkpoints");
    report::MetricsFile metrics(folder / "metrics.jsonl");
    report::PageObserver page(folder, {}, core::silent_log());
    std::vector<train::TrainObserver*> observers{&metrics};
    observers.insert(observers.end(), watchers.begin(), watchers.end());
    observers.push_back(&page);
    train::Trainer trainer(settings, *method, loader(), observers, core::silent_log());
    if (checkpoint) trainer.resume(*checkpoint);
    const bool finished = trainer.run(stop).finished;
    EXPECT_EQ(finished, !stop.requested());
    page.write(report::RunState::finished);
    return method;
  }

  /// Systems that compare views of an image have one; others do not look at it.
  static data::ViewConfig further_view() {
    return {.name = methods::kFurtherViews,
            .image_size = {8, 8},
            .count = 1,
            .augmentation = data::AugmentationConfig()};
  }

  train::MakeLoader loader() const {
    return [this](const train::LoaderStart& start, const core::Log& log) {
      data::LoaderConfig config{.batch_size = kBatch, .workers = 2, .seed = 5};
      start.apply_to(config);
      return std::make_unique<data::Loader>(dataset_, parts(), config, log);
    };
  }

  /// Whatever one of the systems reads.
  static std::vector<data::BatchPartFactory> parts() {
    std::vector<data::BatchPartFactory> all{
        data::image_part({.image_size = {8, 8}, .views = {further_view()}}),
        data::ragged_part({.name = test::kNumbers, .shape = {1}}),
        data::value_part(
            {.name = nn::kClips, .type = at::kByte, .shape = {3, test::kClipFrames, 8, 8}})};
    for (const std::string prefix : {"", data::kHeldOutPrefix}) {
      all.push_back(data::ragged_part({.name = prefix + data::kRowPlaces, .type = at::kLong}));
      all.push_back(data::ragged_part({.name = prefix + data::kRowValues}));
      all.push_back(data::value_part({.name = prefix + data::kLabelSet, .shape = {2}}));
    }
    all.push_back(data::row_part(nn::kRows, test::kRowWidth));
    for (const std::string prefix : {"", data::kUnpaired}) {
      all.push_back(data::value_part(
          {.name = prefix + data::kTextIds, .type = at::kLong, .shape = {test::kTextLength}}));
      all.push_back(
          data::value_part({.name = prefix + data::kTextPadding, .shape = {test::kTextLength}}));
    }
    return all;
  }

  std::shared_ptr<const data::Dataset> dataset_ =
      std::make_shared<test::ImagesAndNumbers>(kSamples);
  test::TemporaryFolder folder_;
};

TEST_P(EverySystem, EndsWithTheSameBitsAfterAKill) {
  const fs::path whole = folder_ / "whole";
  for (std::int64_t step = 1; step < kSteps; ++step) {
    const fs::path killed = folder_ / ("killed at " + std::to_string(step));
    fs::create_directories(killed);
    fs::remove_all(whole);
    Kill kill(step, whole / "checkpoints", killed / "checkpoints");
    const auto method = train(whole, {&kill});
    const auto resumed = train(killed);
    const runtime::NamedTensors state = method->state();
    ASSERT_EQ(state.size(), resumed->state().size());
    for (const auto& [name, value] : state) {
      EXPECT_TRUE(same_values(value, resumed->state().at(name))) << name << " after " << step;
    }
  }
}

TEST_P(EverySystem, AStepThatWasStoppedInsideLeavesNoTrace) {
  const fs::path stopped = folder_ / "stopped";
  const auto whole = train(folder_ / "whole");
  core::StopRequest stop;
  StopInside watcher(stop, /*step=*/kSteps - 1);
  train(stopped, {&watcher}, stop);
  const auto resumed = train(stopped);
  for (const auto& [name, value] : whole->state()) {
    EXPECT_TRUE(same_values(value, resumed->state().at(name))) << name;
  }
}

TEST_P(EverySystem, ItsFiguresReachMetricsAndPage) {
  train(folder_.path());
  std::int64_t steps = 0;
  for (const report::MetricsRecord& record : report::read_metrics(folder_ / "metrics.jsonl")) {
    if (record.type != "step") continue;
    ++steps;
    EXPECT_TRUE(std::isfinite(record.numbers.at("loss")));
    for (const std::string& scalar : GetParam().scalars) {
      EXPECT_TRUE(std::isfinite(record.numbers.at("scalars." + scalar))) << scalar;
    }
  }
  EXPECT_EQ(steps, kSteps);
  const std::string page = core::read_text_file(folder_ / "report.html");
  for (const std::string& scalar : GetParam().scalars) EXPECT_THAT(page, HasSubstr(scalar));
}

TEST_P(EverySystem, ItsBackboneIsAFileAndCanBeJudged) {
  const auto method = train(folder_.path());
  const methods::BackboneFile file = method->backbone_file();
  EXPECT_THAT(file.description, HasSubstr(GetParam().header));
  exchange::save_backbone(folder_ / "model.safetensors", file.description, file.tensors);
  const auto read = exchange::read_tensor_file(folder_ / "model.safetensors");
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (const auto& [name, value] : file.tensors) {
    EXPECT_TRUE(at::equal(value, read.tensors.at(name))) << name;
  }
  eval::EvaluateConfig config;
  config.probe_epochs = 2;
  eval::ExtractionSettings extraction;
  extraction.mean = {0.5, 0.5, 0.5};
  extraction.std = {0.25, 0.25, 0.25};
  const auto evaluation =
      eval::evaluate_backbone(method->backbone(), {dataset_, dataset_, "the same twice"}, config,
                              extraction, 0, core::StopRequest(), core::silent_log());
  EXPECT_EQ(evaluation.rows.size(), 2 * method->backbone().feature_names().size());
  for (const auto& row : evaluation.rows) EXPECT_GE(row.top1, 50) << row.protocol;
}

TEST_P(EverySystem, WhatItShowsIsDrawnAndStandsOnThePage) {
  const auto draw = [&](const methods::Method& method, const fs::path& place, const fs::path&) {
    const report::SampleChoice choice{
        .count = 6, .parts = {data::image_part({.image_size = {8, 8}, .augmented = false})}};
    const auto samples = report::load_picture_samples(dataset_, choice, {}, core::silent_log());
    report::DrawSettings settings;
    settings.look.mean = settings.look.std = {0.5, 0.5, 0.5};
    const runtime::NamedTensors before = method.state();
    std::map<std::string, at::Tensor> copies;
    for (const auto& [name, value] : before) copies[name] = value.clone();
    auto set = report::draw_picture_set(method, samples, nullptr, settings, place, {});
    for (const auto& [name, value] : method.state()) {
      EXPECT_TRUE(same_values(value, copies.at(name))) << name;
    }
    return set;
  };
  std::vector<std::string> warnings;
  report::PictureObserver pictures(
      folder_.path(), 0, draw,
      [&](core::LogLevel, std::string_view text) { warnings.emplace_back(text); });
  train(folder_.path(), {&pictures});
  EXPECT_THAT(warnings, testing::IsEmpty());
  const auto sets = report::read_picture_sets(folder_.path());
  ASSERT_THAT(sets, testing::SizeIs(3)) << "untrained, and two stages";
  for (const report::PictureSet& set : sets) {
    std::vector<std::string> shown;
    for (const report::ShownGroup& group : set.gallery.groups) {
      if (!group.exhibits.empty()) shown.push_back(group.kind);
    }
    EXPECT_EQ(shown, GetParam().exhibits) << set.label;
    EXPECT_THAT(set.gallery.left_out, testing::IsEmpty());
    EXPECT_EQ(fs::exists(report::picture_folder(folder_.path(), set.label) / "exhibits.json"),
              !shown.empty());
  }
  const std::string page = core::read_text_file(folder_ / "report.html");
  for (const std::string& kind : GetParam().exhibits) {
    EXPECT_THAT(page, HasSubstr(R"({"kind":")" + kind + R"(","title":)")) << kind;
  }
}

/// What the system is after four steps, of which a rank makes its share.
runtime::NamedTensors trained_by(const test::System& system, train::MakeLoader loader,
                                 train::Ranks& ranks) {
  auto method = system.make(false);
  method->see_data(kCatalogueFacts);
  train::TrainerSettings settings = two_stages(system);
  settings.train.lanes = 2;
  settings.checkpoint = {.every_steps = 0, .every_epochs = 0};
  const test::TemporaryFolder folder;
  settings.checkpoint_folder = folder.path();
  settings.ranks = &ranks;
  train::Trainer trainer(settings, *method, std::move(loader), {}, core::silent_log());
  trainer.run(core::StopRequest());
  runtime::NamedTensors state;
  for (const auto& [name, value] : method->state()) state[name] = value.clone();
  return state;
}

TEST_P(EverySystem, IsTrainedByTwoProcessesAsByOneOrRefusesThem) {
  if (!GetParam().device.is_cpu()) GTEST_SKIP() << "processes that share steps have no device yet";
  const train::MakeLoader loader_of_all = loader();
  runtime::NamedTensors one;
  test::run_ranks_of(1, [&](const runtime::GroupConfig&) {  // with as many threads
    train::Ranks alone;
    one = trained_by(GetParam(), loader_of_all, alone);
  });
  ASSERT_FALSE(one.empty());
  std::vector<runtime::NamedTensors> both(2);
  const auto problems = test::run_ranks_of(2, [&](const runtime::GroupConfig& config) {
    train::Ranks ranks(config);
    both[static_cast<std::size_t>(config.rank)] = trained_by(GetParam(), loader_of_all, ranks);
  });
  const auto method = GetParam().make(false);
  method->see_data(kCatalogueFacts);
  method->begin_stage(0);
  if (method->parameters().flat_buffers().numel() > 0) {
    EXPECT_THAT(problems, Each(HasSubstr("one after another")));
    return;
  }
  EXPECT_THAT(problems, Each(IsEmpty()));
  for (const auto& [name, value] : one) {
    for (const auto& state : both) EXPECT_TRUE(at::equal(value, state.at(name))) << name;
  }
}

TEST_P(EverySystem, SaysWhatItIsMadeOf) {
  const auto method = GetParam().make(false);
  method->see_data(kCatalogueFacts);
  method->begin_stage(0);
  EXPECT_GT(method->cost().operations, 0);
  EXPECT_GT(method->facts().parts.at(0).parameters, 0);
  EXPECT_FALSE(method->backbone().describe().empty());
  const auto made = loader()({}, core::silent_log());
  const auto batch = made->next();
  const methods::DrawContext context{.seed = 5, .epoch = batch->epoch};
  const auto draws = method->draw(*batch, context), again = method->draw(*batch, context);
  for (const auto& [name, value] : draws) EXPECT_TRUE(at::equal(value, again.at(name))) << name;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EverySystem, testing::ValuesIn(test::all_systems()),
                         [](const auto& system) {
                           std::string name = system.param.name;
                           std::erase_if(name, [](char c) { return !std::isalnum(c); });
                           return name;
                         });

}  // namespace
}  // namespace dbot
