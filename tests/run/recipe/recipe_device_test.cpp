#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/run/pretrain/processes.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/runtime/cuda.h"

namespace dbot::run {
namespace {

using testing::HasSubstr;

Recipe on(const std::string& device) {
  const RecipeText text = find_recipe("dbot/quick");
  return parse_recipe(text.text, text.origin,
                      {"train.device=" + device, "train.precision=fp32", "train.accumulate=2"});
}

TEST(RecipeDevice, IsAWordUntilTheRunBegins) {
  for (const char* word : {"auto", "cpu", "cuda", "cuda:3"}) {
    EXPECT_EQ(on(word).compute.device, word);
  }
  for (const char* word : {"gpu", "cuda:x", ""}) EXPECT_THROW(on(word), UsageError) << word;
}

TEST(RecipeDevice, AnotherOneThanTheRunsIsSaid) {
  Recipe wanted = on("cpu");
  std::string said;
  const auto log = [&said](core::LogLevel, std::string_view text) { said += text; };
  resolve_like(wanted, on("cuda:0"), log);
  EXPECT_EQ(wanted.compute.device, "cpu");
  EXPECT_THAT(said, HasSubstr("goes on on cpu, was begun on cuda:0: not to the same bits"));
  said.clear();
  Recipe same = on("auto");
  resolve_like(same, on("cpu"), log);
  EXPECT_EQ(same.compute.device, "cpu");
  EXPECT_EQ(said, "");
}

TEST(RecipeDevice, ARunBegunOnAGpuDoesNotGoOnElsewhereByItself) {
  if (runtime::load_cuda().obstacle != runtime::cuda::Obstacle::no_driver) {
    GTEST_SKIP() << "there is a driver";
  }
  Recipe wanted = on("auto");
  EXPECT_THROW(resolve_like(wanted, on("cuda:0"), core::silent_log()), UsageError);
}

TEST(RecipeDevice, ProcessesDoNotShareGpus) {
  EXPECT_NO_THROW(check_processes(on("cuda:0"), 1));
  EXPECT_NO_THROW(check_processes(on("cpu"), 2));
  EXPECT_THROW(check_processes(on("cuda:0"), 2), UsageError);
}

}  // namespace
}  // namespace dbot::run
