#include "dbot/report/page/reference/reference.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"

namespace dbot::report {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

/// A run of two stages of so many steps each, whose loss is the number of its stage.
class Reference : public testing::Test {
 protected:
  void write(const fs::path& name, const std::string& text) {
    fs::create_directories((run_ / name).parent_path());
    std::ofstream(run_ / name, std::ios::binary) << text;
  }
  void write_run(std::int64_t steps, bool finished = true) {
    std::string lines = fmt::format(
        R"({{"type":"begin","step":0,"stage":1,"stages":2,"total_steps":{1},"stage_begin":[0,{0},{1}]}})"
        "\n",
        steps, 2 * steps);
    for (std::int64_t step = 1; step <= 2 * steps; ++step) {
      const int stage = step <= steps ? 1 : 2;
      lines += fmt::format(
          R"({{"type":"step","step":{},"stage":{},"loss":{},"scalars":{{"own":1}},"seconds":0.5}})"
          "\n",
          step, stage, stage);
    }
    lines += fmt::format(
        R"({{"type":"evaluation","step":{},"stage":2,"label":"stage 2","moment":"stage","results":[)"
        R"({{"protocol":"knn","features":"mean","top1":44.5,"top5":80,"train_samples":9,"test_samples":5}}]}})"
        "\n",
        2 * steps);
    if (finished) lines += fmt::format(R"({{"type":"end","step":{},"stage":2}})", 2 * steps) + "\n";
    write("metrics.jsonl", lines);
    write("recipe.toml", "seed = 7\n[teacher]\npath = \"/home/me/secret/teacher.pth\"\n");
    write("run.json",
          R"({"dbot":"0.1.0","recipe":"dbot/small-32","machine":{"processor":"A CPU","cores":2},)"
          R"("data":{"path":"/home/me/photos","images":50,"labelled":true}})");
  }
  json reference() const { return json::parse(reference_text(run_)); }

  test::TemporaryFolder folder_;
  fs::path run_ = folder_ / "run";
};

void expect_refusal(const std::string& text, Fault fault, const std::string& words) {
  try {
    read_reference(text, "some.json");
    FAIL() << "taken: " << text.substr(0, 80);
  } catch (const DataError& error) {
    EXPECT_EQ(error.fault(), fault);
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("some.json"), HasSubstr(words)));
  }
}

TEST_F(Reference, HoldsWhatARunCameTo) {
  write_run(5);
  const json made = reference();
  EXPECT_EQ(made["curves"]["loss"].size(), 10U);
  EXPECT_EQ(made["curves"]["loss"][0], json::parse("[1,1.0]"));
  EXPECT_FALSE(made["curves"].contains("scalars.own"));
  EXPECT_EQ(made["evaluations"][0]["results"][0]["top1"], 44.5);
  EXPECT_EQ(made["facts"]["recipe"], "dbot/small-32");
  EXPECT_EQ(made["facts"]["machine"]["processor"], "A CPU");
  EXPECT_EQ(made["settings"]["seed"], "7");
  EXPECT_EQ(made["progress"]["seconds"], 5);
}

TEST_F(Reference, TellsNoFoldersOfItsMaker) {
  write_run(5);
  const std::string text = reference_text(run_);
  EXPECT_THAT(text, Not(HasSubstr("/home/me")));
  EXPECT_THAT(text, HasSubstr("…/teacher.pth"));
}

TEST_F(Reference, OfALongRunIsSmallAndKeepsStagesApart) {
  write_run(3333);
  const std::string text = reference_text(run_);
  EXPECT_LE(text.size(), kMostReferenceBytes);
  const json curve = json::parse(text)["curves"]["loss"];
  EXPECT_LE(curve.size(), kMostReferencePoints);
  EXPECT_GT(curve.size(), kMostReferencePoints / 2);
  std::size_t other = 0;
  for (const json& point : curve) other += point[1] == 1 || point[1] == 2 ? 0 : 1;
  // A group of the digest itself may reach over the end of a stage; no further one does.
  EXPECT_LE(other, 1U);
}

TEST_F(Reference, IsOfFinishedRunsAlone) {
  write_run(5, /*finished=*/false);
  try {
    reference_text(run_);
    FAIL() << "written";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("stands at step 10 of 10, expected a finished run"));
  }
}

TEST_F(Reference, IsReadAsItWasWritten) {
  write_run(5);
  const json made = reference(), read = json::parse(read_reference(made.dump(), "some.json"));
  for (const char* part : {"curves", "ranks", "evaluations", "settings", "stages"}) {
    EXPECT_EQ(read[part], made[part]) << part;
  }
  EXPECT_EQ(read["origin"], "some.json");
  EXPECT_EQ(read["progress"]["stage_begin"], json::parse("[0,5,10]"));
}

TEST_F(Reference, IsNoMarkupAndHasNoOtherKeys) {
  write_run(5);
  json made = reference();
  made["settings"]["seed"] = "</script>";
  made["other"] = "something";
  made["facts"]["other"] = "something";
  const std::string read = read_reference(made.dump(), "some.json");
  EXPECT_THAT(read, Not(HasSubstr("</script>")));
  EXPECT_THAT(read, Not(HasSubstr("something")));
}

TEST_F(Reference, ThatIsMalformedIsRefused) {
  write_run(5);
  const json made = reference();
  expect_refusal("", Fault::corrupt, "no JSON");
  expect_refusal("[1,2]", Fault::unsupported, "no reference run");
  expect_refusal("{}", Fault::unsupported, "no reference run");
  expect_refusal(std::string(5000, '['), Fault::corrupt, "no JSON");
  expect_refusal(std::string(kMostReferenceBytes + 1, ' '), Fault::too_large, "100001 bytes");
  json other = made;
  other["version"] = 2;
  expect_refusal(other.dump(), Fault::unsupported, "has version 2, this program reads 1");
  for (const char* key :
       {"facts", "progress", "stages", "curves", "ranks", "evaluations", "settings"}) {
    json lacking = made, wrong = made;
    lacking.erase(key);
    wrong[key] = 5;
    expect_refusal(lacking.dump(), Fault::corrupt, key);
    expect_refusal(wrong.dump(), Fault::corrupt, key);
  }
}

TEST_F(Reference, WithValuesOfOtherKindsIsRefused) {
  write_run(5);
  const auto with = [made = reference()](const char* pointer, const json& value) {
    json changed = made;
    changed[json::json_pointer(pointer)] = value;
    return changed.dump();
  };
  expect_refusal(with("/curves/loss", "high"), Fault::corrupt, "curves.loss");
  expect_refusal(with("/curves/loss/2", json::parse("[1]")), Fault::corrupt, "[step, value]");
  expect_refusal(with("/curves/loss/2", json::parse("[1,\"2\"]")), Fault::corrupt, "[step, value]");
  expect_refusal(with("/progress/stage_begin/1", "x"), Fault::corrupt, "stage_begin");
  expect_refusal(with("/progress/step", json::array()), Fault::corrupt, "progress.step");
  expect_refusal(with("/stages/0", 4), Fault::corrupt, "stages");
  expect_refusal(with("/evaluations/0", 4), Fault::corrupt, "evaluations");
  expect_refusal(with("/evaluations/0/label", 4), Fault::corrupt, "label");
  expect_refusal(with("/evaluations/0/results/0/features", 4), Fault::corrupt, "features");
  expect_refusal(with("/evaluations/0/results/0/figures", 4), Fault::corrupt, "figures");
  expect_refusal(with("/settings/seed", json::object()), Fault::corrupt, "settings.seed");
  expect_refusal(with("/facts/machine", "fast"), Fault::corrupt, "machine");
}

}  // namespace
}  // namespace dbot::report
