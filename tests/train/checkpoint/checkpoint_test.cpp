#include "dbot/train/checkpoint/checkpoint.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class CheckpointTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() /
            ("dbot-checkpoint-" + std::to_string(::getpid()) + "-" + test->name());
    fs::remove_all(root_);
    folder_ = root_ / "checkpoints";
  }
  void TearDown() override { fs::remove_all(root_); }

  static Checkpoint make(std::int64_t step, bool stage_end = false) {
    Checkpoint checkpoint;
    checkpoint.state = {.step = step, .stage = 1, .skipped_steps = 2, .images_seen = step * 10};
    checkpoint.stage_end = stage_end;
    checkpoint.fixed_choices = R"({"threads":2,"precision":"fp32"})";
    const auto value = static_cast<double>(step);
    checkpoint.tensors["student.cls_token"] = at::full({1, 1, 4}, value);
    checkpoint.tensors["student.blocks.0.norm1.weight"] = at::full({4}, value + 0.5);
    checkpoint.tensors["teacher.cls_token"] = at::full({1, 1, 4}, -value);
    checkpoint.tensors["optimizer.step"] = at::full({}, step, at::kLong);
    return checkpoint;
  }

  fs::path write(std::int64_t step, std::int64_t keep = 100, bool stage_end = false) {
    const auto written = write_checkpoint(folder_, make(step, stage_end), R"({"width":4})");
    problem_of_latest_ = point_latest_to(written);
    prune_checkpoints(written, keep);
    return written;
  }

  std::int64_t newest() {
    warnings_.clear();
    const auto found = read_newest_checkpoint(
        folder_, [&](core::LogLevel, std::string_view text) { warnings_.emplace_back(text); });
    return found ? found->state.step : -1;
  }

  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static void flip_last_byte(const fs::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-1, std::ios::end);
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(-1, std::ios::end);
    file.put(byte);
  }

  static std::string data_error(const fs::path& folder) {
    try {
      read_checkpoint(folder);
    } catch (const DataError& problem) {
      return problem.what();
    }
    ADD_FAILURE() << "no DataError";
    return "";
  }

  fs::path root_, folder_;
  std::vector<std::string> warnings_;
  std::string problem_of_latest_;
};

TEST_F(CheckpointTest, GivesBackWhatWasWritten) {
  const Checkpoint written = make(120, true);
  const fs::path folder = write_checkpoint(folder_, written);
  EXPECT_EQ(folder, folder_ / "step-00000120");
  const Checkpoint read = read_checkpoint(folder);
  EXPECT_EQ(read.state.step, 120);
  EXPECT_EQ(read.state.stage, 1);
  EXPECT_EQ(read.state.skipped_steps, 2);
  EXPECT_EQ(read.state.images_seen, 1200);
  EXPECT_TRUE(read.stage_end);
  EXPECT_EQ(read.fixed_choices, written.fixed_choices);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    ASSERT_TRUE(read.tensors.contains(name)) << name;
    EXPECT_EQ(read.tensors.at(name).dtype(), tensor.dtype());
    EXPECT_TRUE(at::equal(read.tensors.at(name), tensor)) << name;
  }
}

TEST_F(CheckpointTest, TheStudentFileStandsAlone) {
  const auto file = exchange::read_tensor_file(write(3) / "student.safetensors");
  EXPECT_TRUE(file.tensors.contains("blocks.0.norm1.weight"));
  EXPECT_EQ(file.metadata.at("dbot.config"), R"({"width":4})");
  EXPECT_EQ(file.metadata.at("format"), "pt");
  EXPECT_EQ(fs::read_symlink(folder_ / "latest"), "step-00000003");
}

TEST_F(CheckpointTest, EqualStateGivesEqualBytes) {
  write(3);
  write_checkpoint(root_ / "other", make(3), R"({"width":4})");
  for (const char* name : {"student.safetensors", "teacher.safetensors", "optimizer.safetensors",
                           "state.json", "manifest.json"}) {
    EXPECT_EQ(core::read_text_file(folder_ / "step-00000003" / name),
              core::read_text_file(root_ / "other" / "step-00000003" / name));
  }
}

TEST_F(CheckpointTest, KeepsTheNewestAndTheEndsOfStages) {
  for (const int step : {1, 2, 3, 4, 5}) write(step, 2, step == 2);
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000002", "step-00000004", "step-00000005"));
  EXPECT_EQ(newest(), 5);
}

TEST_F(CheckpointTest, NothingWrittenIsNoCheckpoint) {
  EXPECT_EQ(newest(), -1);
  fs::create_directories(folder_ / ".step-00000001.partial-1");
  EXPECT_EQ(newest(), -1);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CheckpointTest, APartialFolderOfACrashIsIgnoredAndRemovedLater) {
  write(1);
  fs::create_directories(folder_ / ".step-00000002.partial-1");
  core::write_file_synced(folder_ / ".step-00000002.partial-1" / "state.json", "{");
  core::write_file_synced(folder_ / ".dbot-1-0.tmp", "");
  EXPECT_EQ(newest(), 1);
  EXPECT_TRUE(warnings_.empty());
  write(2);
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000001", "step-00000002"));
}

TEST_F(CheckpointTest, AKillBeforeLatestIsReplacedGoesOnFromTheOlder) {
  write(1);
  write(2);
  core::replace_symlink(folder_ / "latest", "step-00000001");
  EXPECT_EQ(newest(), 1);
}

TEST_F(CheckpointTest, LatestMayPointToNothing) {
  write(1);
  write(2);
  core::replace_symlink(folder_ / "latest", "step-00000009");
  EXPECT_EQ(newest(), 2);
  fs::remove(folder_ / "latest");
  EXPECT_EQ(newest(), 2);
}

// As cp -rL, zip and object stores leave it.
TEST_F(CheckpointTest, ACopyOfACheckpointInPlaceOfLatestIsReplaced) {
  fs::copy(write(1), root_ / "copy");
  fs::remove(folder_ / "latest");
  fs::rename(root_ / "copy", folder_ / "latest");
  write(2, 1);
  EXPECT_EQ(problem_of_latest_, "");
  EXPECT_EQ(fs::read_symlink(folder_ / "latest"), "step-00000002");
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000002"));
}

TEST_F(CheckpointTest, AFileInPlaceOfLatestIsReplaced) {
  write(1);
  fs::remove(folder_ / "latest");
  core::write_file_synced(folder_ / "latest", "step-00000001");
  EXPECT_EQ(newest(), 1);
  write(2);
  EXPECT_EQ(fs::read_symlink(folder_ / "latest"), "step-00000002");
}

TEST_F(CheckpointTest, AFolderOfSomebodyElseInPlaceOfLatestIsLeftAlone) {
  fs::create_directories(folder_ / "latest");
  core::write_file_synced(folder_ / "latest" / "notes.txt", "mine");
  for (const int step : {1, 2, 3}) write(step, 1);
  EXPECT_THAT(problem_of_latest_, HasSubstr("latest"));
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000003"));
  EXPECT_TRUE(fs::exists(folder_ / "latest" / "notes.txt"));
  EXPECT_EQ(newest(), 3);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CheckpointTest, WithoutALinkTheNewestWholeOneIsTaken) {
  for (const int step : {1, 2, 3}) write(step);
  fs::remove(folder_ / "latest");
  EXPECT_EQ(newest(), 3);
  flip_last_byte(folder_ / "step-00000003" / "student.safetensors");
  EXPECT_EQ(newest(), 2);
}

TEST_F(CheckpointTest, TheCopyInPlaceOfLatestIsTakenWhereThereIsNothingElse) {
  fs::rename(write(4), root_ / "copy");
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  fs::rename(root_ / "copy", folder_ / "latest");
  EXPECT_EQ(newest(), 4);
}

TEST_F(CheckpointTest, FallsBackFromEveryKindOfDamage) {
  const auto damage = [&](auto break_it, const std::string& reason) {
    SCOPED_TRACE(reason);
    fs::remove_all(folder_);
    write(1);
    const fs::path folder = write(2);
    break_it(folder);
    EXPECT_THAT(data_error(folder), HasSubstr(reason));
    EXPECT_EQ(newest(), 1);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_THAT(warnings_[0], HasSubstr("step-00000002"));
    EXPECT_TRUE(fs::exists(folder));
  };
  damage([](const fs::path& f) { fs::remove(f / "manifest.json"); }, "manifest.json is missing");
  damage([](const fs::path& f) { fs::resize_file(f / "manifest.json", 0); }, "manifest.json");
  damage([](const fs::path& f) { fs::resize_file(f / "manifest.json", 100); }, "manifest.json");
  damage([](const fs::path& f) { core::write_file_synced(f / "manifest.json", "[]"); },
         "manifest.json");
  damage(
      [](const fs::path& f) {
        core::write_file_synced(f / "manifest.json", R"({"version":9,"files":{}})");
      },
      "version 9");
  damage([](const fs::path& f) { fs::resize_file(f / "student.safetensors", 123); },
         "student.safetensors has 123 bytes, manifest says");
  damage([](const fs::path& f) { fs::remove(f / "optimizer.safetensors"); },
         "optimizer.safetensors");
  damage([](const fs::path& f) { flip_last_byte(f / "teacher.safetensors"); },
         "teacher.safetensors has checksum");
  damage([](const fs::path& f) { flip_last_byte(f / "state.json"); }, "state.json has checksum");
}

TEST_F(CheckpointTest, EveryOneBrokenIsAnError) {
  const std::vector<fs::path> folders{write(1), write(2)};
  for (const fs::path& folder : folders) fs::remove(folder / "manifest.json");
  EXPECT_THROW(newest(), DataError);
  EXPECT_EQ(warnings_.size(), 2U);
}

TEST_F(CheckpointTest, AManifestCannotNameFilesOutside) {
  const fs::path folder = write(1);
  core::write_file_synced(
      folder / "manifest.json",
      R"({"version":1,"files":{"../x":{"bytes":0,"xxh3_128":"00000000000000000000000000000000"}}})");
  EXPECT_THAT(data_error(folder), HasSubstr("outside"));
}

TEST_F(CheckpointTest, ARepeatedStepReplacesTheBrokenOne) {
  write(1);
  flip_last_byte(write(2) / "student.safetensors");
  EXPECT_EQ(newest(), 1);
  write(2);
  EXPECT_EQ(newest(), 2);
  EXPECT_TRUE(warnings_.empty());
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000001", "step-00000002"));
}

TEST_F(CheckpointTest, BrokenLaterOnesDoNotDisplaceWholeOnes) {
  write(1);
  write(2);
  fs::remove(write(9) / "manifest.json");
  write(3, 1);
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000003", "step-00000009"));
  EXPECT_EQ(newest(), 3);
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CheckpointTest, AFailedWriteLeavesTheOlderOnesAndNoRests) {
  write(1);
  Checkpoint bad = make(2);
  bad.tensors["nodot"] = at::full({1}, 0.0);
  EXPECT_THROW(write_checkpoint(folder_, bad), Error);
  bad = make(2);
  bad.fixed_choices = "not json";
  EXPECT_THROW(write_checkpoint(folder_, bad), Error);
  EXPECT_THAT(entries(), ElementsAre("latest", "step-00000001"));
  EXPECT_EQ(newest(), 1);
}

TEST_F(CheckpointTest, AnUnwritableFolderSaysWhy) {
  fs::create_directories(root_);
  core::write_file_synced(root_ / "file", "x");
  try {
    write_checkpoint(root_ / "file" / "checkpoints", make(1));
    FAIL();
  } catch (const Error& problem) {
    EXPECT_THAT(problem.what(), HasSubstr("Not a directory"));
  }
}

TEST(CheckpointFolder, OnlyOneSpellingIsAStep) {
  EXPECT_EQ(step_folder_name(120), "step-00000120");
  EXPECT_EQ(step_of_folder("a/step-00000120"), 120);
  EXPECT_EQ(step_of_folder("step-123456789"), 123456789);
  for (const char* name : {"step-", "step-120", "step-0000012x", "step--0000012", "latest",
                           ".step-00000120.partial-1", "step-99999999999999999999"}) {
    EXPECT_EQ(step_of_folder(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace dbot::train
