// A run on a device that is not there, whole, by the library's own entry: evaluation, pictures,
// checkpoints, a stop and going on, a step that is kept, its replay, and what is made of the run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/stored/reconstruct.h"
#include "dbot/run/stored/replay.h"
#include "dbot/simd/kernel_level.h"
#include "tests/core/temporary_folder.h"
#include "tests/support/fake_device/fake_device.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunOnDevice = R"([model]
image_size = 8
patch_size = 2
width = 16
depth = 2
heads = 2
[decoder]
width = 16
depth = 1
heads = 2
[stages]
count = 2
[schedule]
epochs = 4
warmup_epochs = 0.5
[optimizer]
base_lr = 0.01
clip_norm = 1.0
[train]
batch_size = 4
accumulate = 2
drop_path = 0.1
precision = "fp32"
threads = 1
kernels = "reference"
capture_step = 3
[checkpoint]
every_epochs = 1
keep = 10
[evaluate]
every_epochs = 2
probe_epochs = 3
[report]
samples = 16
[data]
workers = 1
)";

/// Pictures of 8×8 pixels in two classes, as PPM files.
void write_pictures(const fs::path& folder, int count) {
  for (int i = 0; i < count; ++i) {
    const fs::path place = folder / (i % 2 == 0 ? "dark" : "bright");
    fs::create_directories(place);
    std::ofstream file(place / (std::to_string(100 + i) + ".ppm"), std::ios::binary);
    file << "P6\n8 8\n255\n";
    for (int value = 0; value < 8 * 8 * 3; ++value) {
      file.put(static_cast<char>((i % 2 == 0 ? 20 : 150) + (value * 7 + i * 13) % 80));
    }
  }
}

class StopsBehind : public train::TrainObserver {
 public:
  StopsBehind(core::StopRequest& stop, std::int64_t step) : stop_(stop), step_(step) {}
  void on_step(const train::StepRecord& record, methods::Method&) override {
    if (record.state.step == step_) stop_.request();
  }

 private:
  core::StopRequest& stop_;
  std::int64_t step_;
};

class DeviceRun : public testing::Test {
 protected:
  void SetUp() override {
    test::fake::install();
    write_pictures(data_ / "train", 32);
    write_pictures(data_ / "val", 16);
  }
  void TearDown() override { simd::use_kernel_level("auto"); }

  PretrainSummary train(const std::string& name, const std::string& device,
                        std::vector<std::string> settings = {}, std::int64_t stop_behind = 0) {
    settings.push_back("train.device=" + device);
    core::StopRequest stop;
    StopsBehind watcher(stop, stop_behind);
    const core::Log log = [this](core::LogLevel level, std::string_view text) {
      if (level == core::LogLevel::warning) warnings_.emplace_back(text);
    };
    return pretrain(parse_recipe(kRunOnDevice, "small", settings),
                    {.data = data_, .out = folder_ / name, .resume = true, .recipe = "small"},
                    {&watcher}, stop, log);
  }

  std::map<std::int64_t, double> losses_of(const std::string& name) const {
    std::map<std::int64_t, double> losses;
    for (const auto& record : report::read_metrics(folder_ / name / "metrics.jsonl")) {
      if (record.type == "step") losses[record.step] = record.numbers.at("loss");
    }
    return losses;
  }
  std::string bytes_of(const std::string& name) const {
    return core::read_text_file(folder_ / name / "model.safetensors");
  }

  test::TemporaryFolder folder_;
  fs::path data_ = folder_ / "data";
  std::vector<std::string> warnings_;
};

TEST_F(DeviceRun, ComesToWhatTheHostComesTo) {
  const PretrainSummary here = train("here", "cpu"), there = train("there", "fake");
  EXPECT_TRUE(there.training.finished);
  EXPECT_THAT(warnings_, testing::Not(testing::Contains(testing::HasSubstr("could not"))));
  const auto expected = losses_of("here"), found = losses_of("there");
  ASSERT_EQ(found.size(), 16u);
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [step, loss] : expected) EXPECT_NEAR(found.at(step), loss, 1e-5) << step;
  ASSERT_FALSE(there.evaluations.empty());
  ASSERT_EQ(there.evaluations.size(), here.evaluations.size());
  const auto sets = report::read_picture_sets(folder_ / "there");
  EXPECT_EQ(sets.size(), report::read_picture_sets(folder_ / "here").size());
  ASSERT_FALSE(sets.empty());
  EXPECT_FALSE(sets.back().groups.empty());
  EXPECT_THAT(core::read_text_file(folder_ / "there" / "recipe.toml"),
              testing::HasSubstr("device = \"fake:0\""));
  EXPECT_TRUE(fs::exists(folder_ / "there" / "report.html"));
  const auto ours = exchange::read_tensor_file(folder_ / "there" / "model.safetensors").tensors;
  for (const auto& [name, value] :
       exchange::read_tensor_file(folder_ / "here" / "model.safetensors").tensors) {
    EXPECT_TRUE(ours.at(name).allclose(value, 1e-3, 1e-4)) << name;
  }
}

TEST_F(DeviceRun, GoesOnToTheSameBitsAndItsStepsReplay) {
  train("whole", "fake");
  for (const std::int64_t step : {5, 8, 11}) {
    const std::string name = "stopped behind " + std::to_string(step);
    EXPECT_FALSE(train(name, "fake", {}, step).training.finished);
    EXPECT_TRUE(train(name, "auto").training.finished) << "its device is stored";
    EXPECT_EQ(bytes_of(name), bytes_of("whole")) << step;
    EXPECT_EQ(losses_of(name), losses_of("whole")) << step;
  }
  const Replay replayed =
      replay(folder_ / "whole" / "captures" / "step-00000003", {}, core::silent_log());
  EXPECT_TRUE(replayed.bit_identical);
  EXPECT_FALSE(replayed.checks.empty());
}

TEST_F(DeviceRun, AsAGraphItComesToTheSameBits) {
  train("plain", "fake", {"train.graph=off"});
  for (const char* graph : {"on", "auto"}) {
    const std::string name = std::string("as a graph, ") + graph;
    EXPECT_FALSE(train(name, "fake", {std::string("train.graph=") + graph}, 6).training.finished);
    EXPECT_TRUE(train(name, "fake", {"train.graph=on"}).training.finished) << "it may change";
    EXPECT_EQ(bytes_of(name), bytes_of("plain")) << graph;
    EXPECT_EQ(losses_of(name), losses_of("plain")) << graph;
  }
}

TEST_F(DeviceRun, WhatItCameToIsDrawn) {
  train("run", "fake");
  const report::PictureSet drawn =
      reconstruct({.model = folder_ / "run", .data = data_, .out = folder_ / "drawn", .images = 4},
                  core::StopRequest(), core::silent_log());
  EXPECT_FALSE(drawn.groups.empty());
}

}  // namespace
}  // namespace dbot::run
