// RUN/events.out.tfevents.*, read back by TensorBoard's own reader.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// scripts/test_environment.sh makes it; tests run from the root of the checkout.
const fs::path kPython = ".deps/test-environment/bin/python";

Json read_back(const std::string& run) {
  const std::string command =
      "'" + kPython.string() + "' tests/report/read_events.py '" + run + "' 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return nullptr;
  std::string text;
  char buffer[4096];
  for (std::size_t count = 0; (count = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, count);
  }
  const int status = pclose(pipe);
  EXPECT_EQ(status, 0);
  return Json::parse(text, nullptr, false);
}

using Points = std::map<std::string, std::vector<std::pair<std::int64_t, float>>>;

Points points_of_metrics(const std::string& run) {
  Points points;
  std::istringstream lines(read_file(fs::path(run) / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json record = Json::parse(line);
    const auto step = record["step"].get<std::int64_t>();
    if (record["type"] == "step") {
      for (const char* key : {"loss", "gradient_norm", "learning_rate", "epoch",
                              "images_per_second", "data_wait_fraction", "batches_ready"}) {
        points[std::string("train/") + key].emplace_back(step, record[key].get<float>());
      }
    }
    if (record["type"] != "evaluation") continue;
    for (const Json& row : record["results"]) {
      const std::string tag = "evaluation/" + row["protocol"].get<std::string>() + "_" +
                              row["features"].get<std::string>() + "_";
      points[tag + "top1"].emplace_back(step, row["top1"].get<float>());
      points[tag + "top5"].emplace_back(step, row["top5"].get<float>());
    }
  }
  return points;
}

Points points_of(const Json& read) {
  Points points;
  for (const auto& [tag, events] : read["scalars"].items()) {
    for (const Json& event : events) {
      points[tag].emplace_back(event[0].get<std::int64_t>(), event[1].get<float>());
    }
  }
  return points;
}

TEST(Events, TensorBoardReadsTheNumbersOfMetricsAlsoAfterAResume) {
  if (!fs::exists(kPython)) {
    GTEST_SKIP() << "TensorBoard is not there: scripts/test_environment.sh installs it";
  }
  const Workshop shop;
  const std::vector<std::string> evaluated{"--set", "evaluate.at_stage_ends=true"};
  ASSERT_EQ(shop.pretrain("run", evaluated).exit_code, 0);
  const std::string run = shop.folder / "run";
  EXPECT_EQ(points_of(read_back(run)), points_of_metrics(run));

  // Back to a checkpoint in the middle: the steps after it are made, and written, again.
  const fs::path checkpoints = fs::path(run) / "checkpoints";
  fs::path oldest;
  for (const auto& entry : fs::directory_iterator(checkpoints)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("step-") && (oldest.empty() || entry.path() < oldest)) {
      oldest = entry.path();
    }
  }
  for (const auto& entry : fs::directory_iterator(checkpoints)) {
    if (entry.path() != oldest) fs::remove_all(entry.path());
  }
  auto resumed = evaluated;
  resumed.push_back("--resume");
  ASSERT_EQ(shop.pretrain("run", resumed).exit_code, 0);
  const Points expected = points_of_metrics(run);
  EXPECT_EQ(expected.at("train/loss").size(), 16U);
  EXPECT_EQ(points_of(read_back(run)), expected);
}

}  // namespace
}  // namespace dbot::cli_test
