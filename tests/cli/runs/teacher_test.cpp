// Teachers from files of other programs, of another size than the student.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

using testing::HasSubstr;

/// A student of 8-pixel images and a grid of 4 × 4.
constexpr const char* kRecipe = R"(
[model]
image_size = 8
patch_size = 2
width = 24
depth = 1
heads = 2
[decoder]
width = 16
depth = 1
heads = 2
[schedule]
epochs = 1
warmup_epochs = 0
[train]
batch_size = 8
threads = 1
precision = "fp32"
[data]
workers = 1
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
[evaluate]
at_stage_ends = false
[report]
pictures = false
)";

class ForeignTeacher : public testing::Test {
 protected:
  void SetUp() override {
    write_png_folder(folder_ / "data", 16);
    write_file(folder_ / "recipe.toml", kRecipe);
  }

  Result pretrain(const std::string& run, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{
        "pretrain", folder_ / "recipe.toml", "--data", folder_ / "data",
        "--out",    folder_ / run,           "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return dbot(arguments);
  }

  static std::vector<std::string> teacher(const std::string& file) {
    return {"--set", "teacher.init=file", "--set", "teacher.path=tests/golden/" + file,
            "--set", "teacher.heads=2"};
  }

  static double loss_of(const Result& result) {
    return nlohmann::json::parse(result.out).at("loss").get<double>();
  }

  TemporaryFolder folder_;
};

TEST_F(ForeignTeacher, OfEachKindTeachesAStudentOfAnotherSize) {
  // Four-pixel patches on a grid of 2 × 2, 16 wide, two blocks: the same network in every file.
  double first = 0;
  int number = 0;
  for (const char* file : {"mae/checkpoint_mae.pth", "mae/checkpoint_mae_legacy.pth",
                           "mae/checkpoint_mae.timm.safetensors"}) {
    const Result result = pretrain("run" + std::to_string(number++), teacher(file));
    ASSERT_EQ(result.exit_code, 0) << file << result.err;
    if (first == 0) first = loss_of(result);
    EXPECT_EQ(loss_of(result), first) << file;
  }
  for (const char* file : {"dbot/checkpoint_dbot.pth", "dbot/checkpoint_dbot_teacher_legacy.pth"}) {
    const Result result = pretrain("run" + std::to_string(number++), teacher(file));
    ASSERT_EQ(result.exit_code, 0) << file << result.err;
    EXPECT_NE(loss_of(result), first) << file;
  }
}

TEST_F(ForeignTeacher, TeachesASymmetricStudentAndTheMeanOfItsBlocks) {
  std::vector<std::string> settings = teacher("mae/checkpoint_mae.pth");
  for (const char* setting :
       {"student.kind=symmetric", "mask.kind=block", "mask.ratio=0.5", "mask.smallest_block=2",
        "model.position_table=false", "model.relative_positions=shared", "model.layer_scale=0.1",
        "model.key_bias=false", "objective.loss=cosine", "objective.normalisation=none",
        "objective.cls=false", "teacher.mean_of_blocks=2", "stages.count=2", "schedule.epochs=2"}) {
    settings.insert(settings.end(), {"--set", setting});
  }
  const Result result = pretrain("run", settings);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(loss_of(result), 0);
  EXPECT_LT(loss_of(result), 2);
  // What came of it is a backbone like any other.
  const Result features = dbot({"embed", "--model", folder_ / "run", "--data", folder_ / "data",
                                "--out", folder_ / "features.safetensors"});
  EXPECT_EQ(features.exit_code, 0) << features.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "features.safetensors"));
}

TEST_F(ForeignTeacher, WithTooFewBlocksIsRefusedByName) {
  std::vector<std::string> settings = teacher("mae/checkpoint_mae.pth");
  settings.insert(settings.end(), {"--set", "teacher.mean_of_blocks=3"});
  const Result result = pretrain("run", settings);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("teacher.mean_of_blocks is 3"));
}

}  // namespace
}  // namespace dbot::cli_test
