#include "dbot/tools/bench/step_bench.h"

#include <gtest/gtest.h>

#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/resolve.h"
#include "tests/support/fake_device/fake_device.h"

namespace dbot::tools {
namespace {

run::Recipe small_recipe(const std::vector<std::string>& further) {
  std::vector<std::string> settings{"train.batch_size=2", "model.depth=1",   "model.width=24",
                                    "model.heads=2",      "decoder.depth=1", "decoder.width=24",
                                    "decoder.heads=2",    "train.threads=1"};
  settings.insert(settings.end(), further.begin(), further.end());
  const run::RecipeText text = run::find_recipe("dbot/quick");
  run::Recipe recipe = run::parse_recipe(text.text, text.origin, settings);
  run::resolve_compute(recipe, core::silent_log());
  return recipe;
}

TEST(StepBench, MakesStepsOfARun) {
  StepBench bench(small_recipe({"train.device=cpu"}));
  EXPECT_EQ(bench.warm_up_steps(), 1);
  EXPECT_GT(bench.step(), 0);
  EXPECT_FALSE(bench.repeats());
  EXPECT_EQ(bench.images_per_step() % 2, 0);
  EXPECT_EQ(bench.updated_parameters(), bench.trained_parameters());
  EXPECT_GT(bench.flops_per_image(), 0);
}

TEST(StepBench, OnADeviceTheyAreRepeatedAsTheRecipeSays) {
  test::fake::install();
  for (const auto& [graph, repeats] : {std::pair{"auto", true}, std::pair{"off", false}}) {
    StepBench bench(small_recipe({"train.device=fake:0", std::string("train.graph=") + graph}));
    for (int i = 0; i < bench.warm_up_steps(); ++i) bench.step();
    EXPECT_EQ(bench.repeats(), repeats);
    const test::fake::Watch watch(test::fake::Callers::unknown);
    EXPECT_GT(bench.step(), 0);
    EXPECT_EQ(watch.reads(), 0);
    EXPECT_EQ(watch.transfers(test::fake::Transfer::Kind::late_read).size(), 1u);
    EXPECT_EQ(watch.operators().size() < 10, repeats);
  }
}

}  // namespace
}  // namespace dbot::tools
