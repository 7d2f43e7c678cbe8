#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/import/encoder_file.h"
#include "tests/core/temporary_folder.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

class ModelPath : public ::testing::Test {
 protected:
  const test::TemporaryFolder folder_;
  const fs::path run_ = folder_ / "run";
  const fs::path checkpoints_ = run_ / "checkpoints";

  fs::path add_student(const std::string& step) {
    fs::create_directories(checkpoints_ / step);
    const fs::path file = checkpoints_ / step / "student.safetensors";
    save_encoder(file, small_description(), small_parameters(small_description().config));
    return file;
  }
};

TEST_F(ModelPath, IsAWeightsFileItself) {
  const fs::path file = add_student("step-00000001");
  EXPECT_EQ(resolve_model_path(file), file);
  EXPECT_EQ(resolve_model_path(file.parent_path()), file);
}

TEST_F(ModelPath, PrefersTheResultOfARun) {
  add_student("step-00000001");
  core::write_file_atomically(run_ / "model.safetensors", "x");
  EXPECT_EQ(resolve_model_path(run_), run_ / "model.safetensors");
}

TEST_F(ModelPath, FollowsLatestInARunUnderWay) {
  add_student("step-00000001");
  add_student("step-00000002");
  core::replace_symlink(checkpoints_ / "latest", "step-00000001");
  const fs::path expected = checkpoints_ / "latest" / "student.safetensors";
  EXPECT_EQ(resolve_model_path(run_), expected);
  EXPECT_EQ(resolve_model_path(checkpoints_), expected);
}

TEST_F(ModelPath, AFolderInPlaceOfLatestIsAnOlderCopy) {
  add_student("latest");
  const fs::path copy = checkpoints_ / "latest" / "student.safetensors";
  EXPECT_EQ(resolve_model_path(run_), copy);
  const fs::path newer = add_student("step-00000002");
  EXPECT_EQ(resolve_model_path(run_), newer);
}

TEST_F(ModelPath, OfAReportPageNamesTheRun) {
  fs::create_directories(run_);
  for (const char* name : {"recipe.toml", "report.html", "metrics.jsonl", "run.json"}) {
    core::write_file_atomically(run_ / name, "x");
  }
  for (const char* name : {"report.html", "metrics.jsonl", "run.json"}) {
    try {
      resolve_model_path(run_ / name);
      ADD_FAILURE() << name;
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find("folder: " + run_.string()), std::string::npos);
    }
  }
}

TEST_F(ModelPath, PassesOverBrokenCheckpoints) {
  const fs::path older = add_student("step-00000009");
  const fs::path newer = add_student("step-00000010");
  core::replace_symlink(checkpoints_ / "latest", "step-00000010");
  fs::resize_file(newer, fs::file_size(newer) / 2);
  EXPECT_EQ(resolve_model_path(run_), older);
  fs::remove_all(newer.parent_path());  // latest dangles
  EXPECT_EQ(resolve_model_path(run_), older);
}

TEST_F(ModelPath, SaysWhatItLookedFor) {
  fs::create_directories(run_);
  EXPECT_THROW(resolve_model_path(run_), DataError);
  EXPECT_THROW(resolve_model_path(folder_ / "missing"), DataError);
  EXPECT_THROW(resolve_model_path(""), DataError);
}

}  // namespace
}  // namespace dbot::exchange
