#include "dbot/train/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kRecipe = "[optimizer]\nbase_lr = 0.1\n[checkpoint]\nkeep = 2\n";

RunFolder create(const fs::path& out, bool resume, const char* text) {
  RunFolder folder = RunFolder::claim(out, resume);
  folder.store_recipe(text);
  return folder;
}

class RunFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ =
        fs::temp_directory_path() / ("dbot-run-" + std::to_string(::getpid()) + "-" + test->name());
    fs::remove_all(root_);
    fs::create_directories(root_);
    out_ = root_ / "run";
  }
  void TearDown() override { fs::remove_all(root_); }

  template <typename Problem>
  static std::string error_of(auto act) {
    try {
      act();
    } catch (const Problem& problem) {
      return problem.what();
    }
    ADD_FAILURE() << "not thrown";
    return "";
  }

  fs::path root_, out_;
};

TEST_F(RunFolderTest, StartsInANewFolderAndInItsMissingParents) {
  const fs::path deep = root_ / "a" / "b";
  EXPECT_FALSE(RunFolder::check(deep, false));
  EXPECT_FALSE(fs::exists(root_ / "a")) << "a check touches nothing";
  const RunFolder run = create(deep, false, kRecipe);
  EXPECT_FALSE(run.resumed());
  EXPECT_EQ(core::read_text_file(run.recipe()), kRecipe);
}

TEST_F(RunFolderTest, StartsInAnEmptyFolderAndAfterAKillBeforeTheRecipe) {
  fs::create_directories(out_);
  EXPECT_FALSE(RunFolder::check(out_, false));
  core::write_file_synced(out_ / ".lock", "process 1\n");
  core::write_file_synced(out_ / ".dbot-1-0.tmp", "rest");
  const RunFolder run = create(out_, false, kRecipe);
  EXPECT_FALSE(run.resumed());
  EXPECT_FALSE(fs::exists(out_ / ".dbot-1-0.tmp"));
}

TEST_F(RunFolderTest, ResumesARunAndStartsOneWhereThereIsNone) {
  EXPECT_FALSE(create(out_, true, kRecipe).resumed());
  EXPECT_TRUE(RunFolder::check(out_, true));
  EXPECT_TRUE(create(out_, true, kRecipe).resumed());
}

TEST_F(RunFolderTest, RefusesARunWithoutResume) {
  create(out_, false, kRecipe);
  EXPECT_THAT(error_of<UsageError>([&] { RunFolder::check(out_, false); }),
              HasSubstr("holds a run; go on with it, or choose another folder"));
  EXPECT_THROW(create(out_, false, kRecipe), UsageError);
}

TEST_F(RunFolderTest, RefusesOtherContentEvenWithResume) {
  fs::create_directories(out_);
  core::write_file_synced(out_ / "thesis.tex", "x");
  for (const bool resume : {false, true}) {
    EXPECT_THAT(error_of<UsageError>([&] { create(out_, resume, kRecipe); }),
                HasSubstr("thesis.tex"));
  }
  EXPECT_FALSE(fs::exists(out_ / ".lock"));
  EXPECT_THROW(RunFolder::check(out_ / "thesis.tex", false), UsageError);
  EXPECT_THROW(RunFolder::check("", false), UsageError);
}

TEST_F(RunFolderTest, AChangedRecipeNamesItsKeys) {
  create(out_, false, kRecipe);
  const std::string changed = "[optimizer]\nbase_lr = 0.2\n[checkpoint]\nkeep = 5\n";
  const std::string message = error_of<UsageError>([&] { RunFolder::check_recipe(out_, changed); });
  EXPECT_THAT(message, HasSubstr("optimizer.base_lr"));
  EXPECT_THAT(message, testing::Not(HasSubstr("checkpoint.keep")));
  EXPECT_THROW(create(out_, true, changed.c_str()), UsageError);
  EXPECT_EQ(core::read_text_file(out_ / "recipe.toml"), kRecipe);
}

TEST_F(RunFolderTest, ARunOfAnOlderProgramLacksKeysAndGoesOn) {
  create(out_, false, kRecipe);  // optimizer.base_lr and checkpoint.keep alone
  const std::string defaults = "[optimizer]\nbase_lr = 9\n[schedule]\nshape = \"cosine\"\n";
  const std::string now = std::string(kRecipe) + "[schedule]\nshape = \"cosine\"\n";
  EXPECT_THROW(RunFolder::check_recipe(out_, now), UsageError);
  EXPECT_NO_THROW(RunFolder::check_recipe(out_, now, defaults));
  RunFolder::claim(out_, true).store_recipe(now, defaults);
  EXPECT_EQ(core::read_text_file(out_ / "recipe.toml"), now);
  const std::string other = std::string(kRecipe) + "[schedule]\nshape = \"table\"\n";
  EXPECT_THAT(error_of<UsageError>([&] { RunFolder::check_recipe(out_, other, defaults); }),
              HasSubstr("schedule.shape: \"cosine\" → \"table\""));
}

TEST_F(RunFolderTest, HarmlessKeysMayChangeAndAreStored) {
  create(out_, false, kRecipe);
  const std::string changed = "[optimizer]\nbase_lr = 0.1\n[checkpoint]\nkeep = 5\n";
  EXPECT_NO_THROW(RunFolder::check_recipe(out_, changed));
  create(out_, true, changed.c_str());
  EXPECT_EQ(core::read_text_file(out_ / "recipe.toml"), changed.c_str());
  EXPECT_TRUE(RunFolder::may_change("evaluate.every_epochs"));
  EXPECT_TRUE(RunFolder::may_change("data.workers"));
  EXPECT_TRUE(RunFolder::may_change("data.cache_bytes"));
  EXPECT_TRUE(RunFolder::may_change("train.device"));
  EXPECT_FALSE(RunFolder::may_change("data.weights"));
  EXPECT_FALSE(RunFolder::may_change("data.mean"));
  EXPECT_FALSE(RunFolder::may_change("train.batch_size"));
}

TEST_F(RunFolderTest, ALockedRunNamesTheProcess) {
  const RunFolder first = create(out_, false, kRecipe);
  EXPECT_THAT(error_of<Error>([&] { create(out_, true, kRecipe); }),
              HasSubstr("process " + std::to_string(::getpid())));
}

TEST_F(RunFolderTest, TheLockEndsWithTheObject) {
  { const RunFolder first = create(out_, false, kRecipe); }
  EXPECT_NO_THROW(create(out_, true, kRecipe));
}

TEST_F(RunFolderTest, AnUnwritablePlaceSaysWhy) {
  core::write_file_synced(root_ / "file", "x");
  EXPECT_THAT(error_of<Error>([&] { create(root_ / "file" / "run", false, kRecipe); }),
              HasSubstr("Not a directory"));
}

TEST_F(RunFolderTest, TheDefaultIsTheFirstFreeNumber) {
  const auto claimed = [&](const char* name) {
    RunFolder folder = RunFolder::claim_new(name, root_);
    folder.store_recipe(kRecipe);
    return folder.path();
  };
  EXPECT_EQ(claimed("dbot/quick"), root_ / "dbot-quick-1");
  fs::create_directories(root_ / "dbot-quick-3");
  EXPECT_EQ(claimed("dbot/quick"), root_ / "dbot-quick-2");
  EXPECT_EQ(claimed("dbot/quick"), root_ / "dbot-quick-4");
  EXPECT_EQ(claimed(".."), root_ / "run-1");
}

TEST_F(RunFolderTest, AFolderThatBecameNoRunIsRemovedAgain) {
  { const RunFolder folder = RunFolder::claim(out_, false); }
  EXPECT_FALSE(fs::exists(out_));
  fs::create_directories(out_);
  { const RunFolder folder = RunFolder::claim(out_, false); }
  EXPECT_TRUE(fs::exists(out_)) << "it was there before";
}

}  // namespace
}  // namespace dbot::train
