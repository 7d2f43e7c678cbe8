// The same commands on real photographs, where they are there.
#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST(RealData, CifarAsAFolderGoesThroughTheSameCommands) {
  const char* data = std::getenv("DBOT_DATA_DIR");
  const fs::path cifar = fs::path(data ? data : "") / "cifar10";
  if (!data || !fs::exists(cifar / "train")) {
    GTEST_SKIP() << "CIFAR-10 is not there: DBOT_DATA_DIR names no folder with cifar10/train "
                    "(scripts/unpack_data.sh cifar10)";
  }
  const TemporaryFolder folder;
  const Result trained =
      dbot({"pretrain", "dbot/quick", "--data", cifar.string(), "--out", folder / "run", "--steps",
            "30", "--set", "model.image_size=32", "--set", "evaluate.max_train_images=2000",
            "--set", "evaluate.max_test_images=500", "--set", "evaluate.features=mean"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("train/"));
  EXPECT_THAT(trained.out, HasSubstr("stage 2"));

  const Result evaluated = dbot({"evaluate", "knn", "--model", folder / "run", "--data",
                                 cifar.string(), "--labels", "0.05", "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const double top1 = nlohmann::json::parse(evaluated.out).at("top1").get<double>();
  EXPECT_GT(top1, 15) << "chance is 10";
  EXPECT_LT(top1, 60);
}

}  // namespace
}  // namespace dbot::cli_test
