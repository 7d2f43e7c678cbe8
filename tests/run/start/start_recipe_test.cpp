#include "dbot/run/start/start_recipe.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "dbot/core/error.h"
#include "dbot/run/start/start_rules.h"

namespace dbot::run {
namespace {

using testing::HasSubstr;

const StartData kData{.images = 50'000,
                      .shorter_side = 32,
                      .mean = {0.49, 0.48, 0.44},
                      .std = {0.2, 0.2, 0.2},
                      .classes = 10};

StartPlan plan_with(const StartShape& shape, std::vector<std::string> targets) {
  StartPlan plan;
  plan.shape = shape;
  plan.batch_size = 128;
  plan.targets = std::move(targets);
  plan.images_seen = 128'000;
  plan.warmup_epochs = 0.05;
  plan.labels = {2000, 500};
  return plan;
}

TEST(StartRecipe, EveryShapeIsASoundRecipe) {
  for (std::size_t size = 0; size < kSizeRules.size(); ++size) {
    for (std::size_t network = 0; network < kNetworkRules.size(); ++network) {
      const StartPlan plan = plan_with({size, network}, {"pixels"});
      const Recipe recipe = parse_recipe(start_toml(plan, kData), "start");
      EXPECT_EQ(recipe.train.batch_size, 128);
      EXPECT_EQ(recipe.schedule.images_seen, 128'000);
      for (const char* target : {"pixels", "teacher"}) {
        EXPECT_NO_THROW(parse_recipe(start_toml({size, network}, target, 32, kData), "start"));
      }
    }
  }
}

TEST(StartRecipe, StagesHaveTheirTargetsWhereRecipesHaveTheKey) {
  const StartPlan plan = plan_with({1, 0}, {"pixels", "teacher"});
  const std::string toml = start_toml(plan, kData);
  EXPECT_THAT(toml, HasSubstr("targets = [\"pixels\", \"teacher\"]"));
  if (!recipes_have("stages.targets")) GTEST_SKIP() << "recipes have no key stages.targets";
  const Recipe recipe = parse_recipe(toml, "start");
  EXPECT_EQ(recipe.stages.count, 2);
  EXPECT_THAT(to_toml(recipe), HasSubstr("targets = [\"pixels\", \"teacher\"]"));
}

TEST(StartRecipe, ReasonsStandAboveTheirKeysAndReadBack) {
  const StartPlan plan = plan_with({1, 0}, {"pixels"});
  const auto reasons = reasons_of(plan, kData, {.knows_targets = false});
  const Recipe recipe = parse_recipe(start_toml(plan, kData), "start");
  const std::string text = with_notes(to_toml(recipe), notes_of(reasons));
  EXPECT_THAT(text, HasSubstr("# large crops, measured on CIFAR-10\ncrop_scale = [0.6, 1.0]"));
  EXPECT_THAT(text, HasSubstr("8 x 8 patches, measured on CIFAR-10\nimage_size = 32"));
  EXPECT_EQ(to_toml(parse_recipe(text, "again")), to_toml(recipe));
  for (const auto& reason : reasons) {
    for (const std::string& key : reason.keys) EXPECT_TRUE(recipes_have(key)) << key;
    EXPECT_FALSE(reason.why.empty()) << reason.what;
  }
}

TEST(StartRecipe, NotesOfUnknownKeysAndLineEndsDoNoHarm) {
  EXPECT_EQ(with_notes("[a]\nb = 1\n", {{"", "head"}, {"a.b", "one\ntwo"}, {"a.c", "none"}}),
            "# head\n[a]\n# one two\nb = 1\n");
}

TEST(StartRules, StandInTheDocument) {
  std::ifstream file("docs/start.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr(document_start_rules()));
}

TEST(StartRules, RiseFromRowToRow) {
  for (std::size_t i = 1; i < kSizeRules.size(); ++i) {
    EXPECT_GT(kSizeRules[i].from_side, kSizeRules[i - 1].from_side);
    EXPECT_EQ(kSizeRules[i].image_size % kSizeRules[i].patch_size, 0);
  }
  for (std::size_t i = 1; i < kNetworkRules.size(); ++i) {
    EXPECT_GT(kNetworkRules[i].from_images_seen, kNetworkRules[i - 1].from_images_seen);
    EXPECT_LE(kNetworkRules[i].base_lr, kNetworkRules[i - 1].base_lr);
  }
  for (std::size_t i = 1; i < kBatchRules.size(); ++i) {
    EXPECT_GT(kBatchRules[i].from_images, kBatchRules[i - 1].from_images);
  }
}

}  // namespace
}  // namespace dbot::run
