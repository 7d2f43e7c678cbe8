#include "dbot/run/recipe/recipe.h"

#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/run/facts/memory_plan.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/resolve.h"

namespace dbot::run {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kShort = "[schedule]\nepochs = 10\nwarmup_epochs = 1\n";

Recipe with(const std::vector<std::string>& assignments) {
  return parse_recipe(kShort, "test.toml", assignments);
}

/// The message of the UsageError that these values cause; empty if they are accepted.
std::string refusal(const std::vector<std::string>& assignments) {
  try {
    with(assignments);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(Recipe, EvaluatedFeaturesAreOfTheNetwork) {
  EXPECT_EQ(refusal({"evaluate.features=mean"}), "");
  EXPECT_EQ(refusal({"evaluate.features=\"both,grid:14\"", "model.image_size=224",
                     "model.patch_size=16"}),
            "");
  EXPECT_THAT(refusal({"evaluate.features=\"mean,grid:15\"", "model.image_size=224",
                       "model.patch_size=16"}),
              AllOf(HasSubstr("grid:15"), HasSubstr("14x14 patches")));
  for (const char* wrong : {"most", "tokens", "grid", ""}) {
    EXPECT_THAT(refusal({std::string("evaluate.features=\"") + wrong + "\""}),
                HasSubstr("evaluate.features"))
        << wrong;
  }
}

TEST(Recipe, BlocksAndRelativePositionsNeedTheSymmetricStudent) {
  EXPECT_THAT(refusal({"mask.kind=\"block\""}), HasSubstr("student.kind"));
  EXPECT_THAT(refusal({"model.relative_positions=\"shared\""}), HasSubstr("student.kind"));
  EXPECT_THAT(refusal({"student.kind=\"symmetric\"", "mask.kind=\"block\"", "mask.ratio=0.05"}),
              HasSubstr("mask.smallest_block"));
}

TEST(Recipe, ReadsBackWhatItWrites) {
  const Recipe recipe = with({"model.image_size=[32, 64]", "optimizer.base_lr=0.1234567890123",
                              "data.mean=[0.1, 0.2, 0.3]", "data.std=[1, 1, 1]"});
  const std::string text = to_toml(recipe);
  EXPECT_EQ(to_toml(parse_recipe(text, "again")), text);
}

TEST(Recipe, RefusesNetworksThatDoNotFit) {
  EXPECT_THAT(refusal({"model.patch_size=15"}), AllOf(HasSubstr("patch_size"), HasSubstr("224")));
  EXPECT_THAT(refusal({"model.heads=5"}), HasSubstr("heads"));
  EXPECT_THAT(refusal({"model.width=90", "model.heads=3"}), HasSubstr("width"));
  EXPECT_THAT(refusal({"decoder.heads=5"}), HasSubstr("decoder"));
  EXPECT_THAT(refusal({"model.channels=65"}), HasSubstr("model.channels"));
  EXPECT_THAT(refusal({"model.image_size=8192", "model.patch_size=1"}), HasSubstr("patches"));
}

TEST(Recipe, TakesAsManyChannelsAsFilesHave) {
  for (const char* channels : {"model.channels=2", "model.channels=6", "model.channels=64"}) {
    EXPECT_EQ(refusal({channels}), "");
  }
  EXPECT_THAT(refusal({"model.channels=6", "data.grayscale=0.2"}),
              AllOf(HasSubstr("data.grayscale"), HasSubstr("model.channels is 6")));
  EXPECT_EQ(refusal({"model.channels=6", "report.channels=[5, 3, 0]"}), "");
  EXPECT_EQ(refusal({"model.channels=6", "report.channels=[4]"}), "");
  EXPECT_THAT(refusal({"report.channels=[0, 1, 3]"}), HasSubstr("from 0 to 2"));
  EXPECT_THAT(refusal({"report.channels=[0, 1]"}), HasSubstr("one or three"));
}

TEST(Recipe, TheRangeOfValuesIsTwoNumbers) {
  EXPECT_EQ(refusal({"data.value_range=[0, 4095]"}), "");
  EXPECT_THAT(refusal({"data.value_range=[0]"}), HasSubstr("data.value_range"));
  EXPECT_THAT(refusal({"data.value_range=[7, 7]"}), HasSubstr("data.value_range"));
}

TEST(Recipe, RefusesMasksThatLeaveNothingToSeeOrToPredict) {
  EXPECT_THAT(refusal({"mask.ratio=0"}), HasSubstr("mask.ratio"));
  EXPECT_THAT(refusal({"mask.ratio=0.999"}), HasSubstr("mask.ratio"));
  EXPECT_THAT(refusal({"mask.ratio=1"}), HasSubstr("mask.ratio"));
  EXPECT_EQ(refusal({"mask.ratio=0.9"}), "");
}

TEST(Recipe, RefusesTeachersAndTargetsThatDoNotGoTogether) {
  EXPECT_THAT(refusal({"teacher.init=file"}), HasSubstr("teacher.path"));
  EXPECT_THAT(refusal({"teacher.path=x.safetensors"}), HasSubstr("teacher.init"));
  EXPECT_THAT(refusal({"objective.normalisation=patch"}), HasSubstr("objective.normalisation"));
  EXPECT_THAT(refusal({"objective.target=pixels"}), HasSubstr("objective.normalisation"));
  EXPECT_THAT(refusal({"objective.target=pixels", "objective.normalisation=patch",
                       "teacher.init=file", "teacher.path=x"}),
              HasSubstr("pixels"));
}

TEST(Recipe, RefusesListsOfTheWrongLength) {
  EXPECT_THAT(refusal({"stages.count=2", "stages.epochs=[5]"}), HasSubstr("stages.epochs"));
  EXPECT_THAT(refusal({"stages.student_depth=[1, 2]"}), HasSubstr("stages.student_depth"));
  EXPECT_THAT(
      refusal({"stages.count=2", "stages.student_depth=[1, 2]", "stages.keep_optimizer=true"}),
      HasSubstr("stages.keep_optimizer"));
  EXPECT_THAT(refusal({"optimizer.betas=[0.9]"}), HasSubstr("optimizer.betas"));
  EXPECT_THAT(refusal({"optimizer.betas=[0.9, 1.0]"}), HasSubstr("optimizer.betas"));
  EXPECT_THAT(refusal({"data.crop_scale=[1.0, 0.2]"}), HasSubstr("data.crop_scale"));
  EXPECT_THAT(refusal({"data.crop_scale=[0, 1]"}), HasSubstr("data.crop_scale"));
  EXPECT_THAT(refusal({"data.colour_jitter=[0.4, 0.4]"}), HasSubstr("data.colour_jitter"));
  EXPECT_THAT(refusal({"data.colour_jitter=[0.4, 0.4, 0.4, 0.9]"}), HasSubstr("at most 0.5"));
  EXPECT_THAT(refusal({"data.blur_sigma=[2, 1]"}), HasSubstr("data.blur_sigma"));
  EXPECT_THAT(refusal({"data.erase_area=[0.1]"}), HasSubstr("data.erase_area"));
  EXPECT_EQ(refusal({"data.random_augment=2", "data.erase=0.25", "data.erase_fill=mean"}), "");
  EXPECT_THAT(refusal({"data.mean=[0.5]", "data.std=[0.5]"}), HasSubstr("model.channels"));
  EXPECT_THAT(refusal({"data.mean=[0.5, 0.5, 0.5]"}), HasSubstr("data.std"));
  EXPECT_THAT(refusal({"data.mean=[0, 0, 0]", "data.std=[1, 0, 1]"}), HasSubstr("data.std"));
}

TEST(Recipe, RefusesSchedulesThatDoNotFit) {
  EXPECT_EQ(refusal({"schedule.shape=step", "schedule.milestones=[0.6, 0.8]"}), "");
  EXPECT_EQ(refusal({"schedule.shape=poly", "schedule.unit=epoch"}), "");
  EXPECT_THAT(refusal({"schedule.shape=step"}), HasSubstr("schedule.milestones is empty"));
  EXPECT_THAT(refusal({"schedule.milestones=[0.5]"}), HasSubstr("schedule.milestones is given"));
  EXPECT_THAT(refusal({"schedule.shape=step", "schedule.milestones=[60]"}),
              HasSubstr("schedule.milestones"));
  EXPECT_THAT(refusal({"schedule.shape=table", "schedule.unit=epoch"}), HasSubstr("schedule.unit"));
  EXPECT_THAT(refusal({"stages.count=2", "stages.base_lr=[0.1]"}), HasSubstr("stages.base_lr"));
  EXPECT_THAT(refusal({"stages.count=2", "stages.warmup_epochs=[1, 2, 3]"}),
              HasSubstr("stages.warmup_epochs"));
}

TEST(Recipe, RefusesWhatNeedsValidationsWithoutThem) {
  EXPECT_EQ(refusal({"validation.every_epochs=1", "train.patience=3", "train.keep_best=true"}), "");
  EXPECT_THAT(refusal({"train.keep_best=true"}),
              AllOf(HasSubstr("train.keep_best"), HasSubstr("validation.every_epochs is 0")));
  EXPECT_THAT(refusal({"train.patience=3"}), HasSubstr("train.patience"));
}

TEST(Recipe, RefusesNoLengthAndTwoLengths) {
  EXPECT_THAT(refusal({"schedule.epochs=0"}), HasSubstr("schedule.epochs"));
  EXPECT_THAT(refusal({"schedule.images_seen=1000"}), HasSubstr("schedule.images_seen"));
  EXPECT_THAT(refusal({"schedule.total_steps=5", "schedule.total_epochs=5"}),
              HasSubstr("give schedule.total_steps or schedule.total_epochs"));
}

TEST(Recipe, RefusesWhatTheMachineCannotHold) {
  const Recipe recipe = with({"model.width=16384", "model.heads=16", "model.depth=256"});
  EXPECT_GT(plan_memory(recipe, {}).total(), 1e12);
  EXPECT_THROW(check_memory(recipe, std::int64_t{64} << 30, core::silent_log()), UsageError);
  EXPECT_NO_THROW(
      check_memory(with({"train.batch_size=8"}), std::int64_t{16} << 30, core::silent_log()));
}

TEST(Recipe, OnADeviceTheNetworkTakesItsMemory) {
  const std::vector<std::string> large{"model.width=16384", "model.heads=16", "model.depth=256"};
  const MemoryPlan here = plan_memory(with(large), {});
  EXPECT_EQ(here.device_total(), 0);
  Recipe recipe = with(large);
  recipe.compute.device = "cuda:0";
  const MemoryPlan there = plan_memory(recipe, {});
  EXPECT_GT(there.device_total(), 1e12);
  EXPECT_NEAR(there.device_total(), here.total(), 0.01 * here.total());
  EXPECT_LT(there.total(), 0.9 * here.total()) << "gradients and activations are not the host's";
  EXPECT_THROW(check_device_memory(recipe, std::int64_t{140} << 30, core::silent_log()),
               UsageError);
  EXPECT_NO_THROW(check_device_memory(with(large), 1, core::silent_log())) << "the host computes";
}

TEST(Resolve, AGraphThatIsWantedNeedsADeviceThatHasThem) {
  Recipe recipe = with({"train.device=cpu", "train.graph=on"});
  EXPECT_THROW(resolve_compute(recipe, core::silent_log()), UsageError);
  recipe = with({"train.device=cpu", "train.graph=auto"});
  EXPECT_NO_THROW(resolve_compute(recipe, core::silent_log()));
}

TEST(Resolve, ReusesTheChoicesOfTheRun) {
  const Recipe stored = with({"train.precision=fp32", "train.threads=3", "train.device=cpu",
                              "data.mean=[0.1, 0.2, 0.3]", "data.std=[1, 1, 1]"});
  Recipe wanted = with({});
  resolve_like(wanted, stored, core::silent_log());
  EXPECT_EQ(to_toml(wanted), to_toml(stored));
  Recipe other = with({"train.threads=2"});
  resolve_like(other, stored, core::silent_log());
  EXPECT_EQ(other.compute.threads, 2);
}

}  // namespace
}  // namespace dbot::run
