#include "dbot/run/recipe/recipe.h"

#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/masking/block_mask.h"
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

TEST(Recipe, EmbeddedOnesAreSoundAndSayWhatTheyAre) {
  ASSERT_EQ(embedded_recipes().size(), 52u);
  for (const EmbeddedRecipe& recipe : embedded_recipes()) {
    EXPECT_NO_THROW(parse_recipe(recipe.text, recipe.name)) << recipe.name;
    EXPECT_FALSE(summary_line(recipe.text).empty()) << recipe.name;
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

const methods::MaskedModelingConfig& masked_modeling(const Recipe& recipe) {
  return std::get<methods::MaskedModelingConfig>(recipe.method);
}

TEST(Recipe, LargeOnesFollowTheirSources) {
  for (const char* name : {"dbot/vit-b16", "dbot/vit-l16", "dbot/vit-h14", "mae/vit-b16"}) {
    const Recipe recipe = parse_recipe(find_recipe(name).text, name);
    EXPECT_EQ(recipe.train.images_per_step(), 4096) << name;
    EXPECT_EQ(recipe.schedule.epochs, 1600) << name;
    EXPECT_EQ(recipe.optimizer.base_lr, 1.5e-4) << name;
  }
  const Recipe large = parse_recipe(find_recipe("dbot/vit-l16").text, "dbot/vit-l16");
  EXPECT_EQ(masked_modeling(large).teacher.depth, 0);
  EXPECT_EQ(large.optimizer.clip_norm, 0);
  const Recipe base = parse_recipe(find_recipe("dbot/vit-b16").text, "dbot/vit-b16");
  EXPECT_EQ(base.optimizer.clip_norm, 3.0);
  EXPECT_EQ(masked_modeling(base).drop_path, 0.2);
}

TEST(Recipe, TheSymmetricOnesFollowTheirSource) {
  for (const char* name : {"dbot/clip-b16", "dbot/clip-l16", "dbot/clip-h14"}) {
    const Recipe recipe = parse_recipe(find_recipe(name).text, name);
    EXPECT_EQ(recipe.train.images_per_step(), 4096) << name;
    EXPECT_DOUBLE_EQ(recipe.optimizer.base_lr * 4096 / 256, 3e-3) << name;
    const auto blocks = masking::block_config(masked_modeling(recipe).mask,
                                              masked_modeling(recipe).encoder.patches());
    EXPECT_EQ(blocks.masked, 78) << name;
  }
}

TEST(Recipe, MixMaskFollowsItsSources) {
  struct Row {
    const char* name;
    double rate, temperature, epochs;  // rate: of a step
    std::int64_t images, queue, cells, width;
  };
  for (const Row& row : {Row{"mixmask/resnet50", 0.03, 0.2, 200, 256, 65536, 8, 2048},
                         Row{"mixmask/resnet18-cifar", 0.06, 0.1, 1000, 512, 4096, 4, 512},
                         Row{"mixmask/small-32", 0.015, 0.1, 20, 128, 2048, 4, 128}}) {
    const Recipe recipe = parse_recipe(find_recipe(row.name).text, row.name);
    const auto& method = std::get<methods::SiameseConfig>(recipe.method);
    EXPECT_EQ(recipe.train.images_per_step(), row.images) << row.name;
    EXPECT_DOUBLE_EQ(recipe.optimizer.base_lr * static_cast<double>(row.images) / 256, row.rate);
    EXPECT_EQ(recipe.schedule.epochs, row.epochs) << row.name;
    EXPECT_EQ(method.temperature, row.temperature) << row.name;
    EXPECT_EQ(method.queue, row.queue) << row.name;
    EXPECT_EQ(method.mask.cells, row.cells) << row.name;
    EXPECT_EQ(methods::outline(method).width, row.width) << row.name;
    EXPECT_EQ(recipe.data.augmentation.pixels.colour_jitter.probability, 0.8) << row.name;
  }
  const Recipe other = parse_recipe(find_recipe("mixmask/small-32").text, "mixmask/small-32",
                                    {"siamese.mixing=both", "mask.fill=zero"});
  EXPECT_EQ(std::get<methods::SiameseConfig>(other.method).fill, methods::MaskFill::zero);
  EXPECT_THROW(parse_recipe(find_recipe("mixmask/small-32").text, "mixmask/small-32",
                            {"train.batch_size=100"}),
               UsageError);
}

TEST(Recipe, MixturesFollowTheirSource) {
  const Recipe recipe = parse_recipe(find_recipe("imae/vit-b16").text, "imae/vit-b16");
  const auto& method = std::get<methods::MixtureSeparationConfig>(recipe.method);
  EXPECT_EQ(recipe.train.images_per_step(), 256);
  EXPECT_EQ(recipe.schedule.epochs, 50);
  EXPECT_EQ(recipe.schedule.warmup_epochs, 5);
  EXPECT_EQ(recipe.optimizer.base_lr, 1e-4);
  EXPECT_EQ(method.layers, 2);
  EXPECT_EQ(method.intra_rate, 1);
  EXPECT_EQ(method.distill_target, methods::DistillTarget::clean);
  EXPECT_EQ(methods::catalogue::outline(recipe.method).partners, 1.0);
}

const methods::ClassificationConfig& classification(const Recipe& recipe) {
  return std::get<methods::ClassificationConfig>(recipe.method);
}

TEST(Recipe, FineTuningFollowsItsSources) {
  struct Row {
    const char* name;
    double rate, decay, drop_path, epochs, clip;  // rate: of 1024 images
    std::int64_t patches;
  };
  for (const Row& row : {Row{"finetune/mae-vit-b16", 2e-3, 0.65, 0.1, 100, 0, 196},
                         Row{"finetune/mae-vit-l16", 4e-3, 0.75, 0.2, 50, 0, 196},
                         Row{"finetune/mae-vit-h14", 4e-3, 0.75, 0.3, 50, 0, 256},
                         Row{"finetune/dbot-vit-b16", 1.2e-3, 0.65, 0.1, 100, 0, 196},
                         Row{"finetune/dbot-vit-l16", 1.2e-3, 0.75, 0.25, 50, 1, 196},
                         Row{"finetune/dbot-vit-h14", 1.2e-3, 0.75, 0.3, 50, 0, 256},
                         Row{"finetune/dbot-vit-h14-448", 2.8e-4, 0.9, 0.4, 10, 0, 1024},
                         Row{"finetune/clip-b16", 2e-4, 0.65, 0.1, 100, 0, 196},
                         Row{"finetune/clip-l16", 1e-4, 0.8, 0.2, 50, 0, 196},
                         Row{"finetune/clip-h14", 5e-5, 0.85, 0.3, 50, 0, 256},
                         Row{"finetune/clip-h14-448", 5e-5, 0.95, 0.4, 10, 0, 1024}}) {
    const Recipe recipe = parse_recipe(find_recipe(row.name).text, row.name);
    const methods::ClassificationConfig& method = classification(recipe);
    EXPECT_EQ(recipe.train.images_per_step(), 1024) << row.name;
    EXPECT_NEAR(recipe.optimizer.base_lr * 4, row.rate, 1e-12) << row.name;
    EXPECT_EQ(method.layer_decay, row.decay) << row.name;
    EXPECT_EQ(method.drop_path, row.drop_path) << row.name;
    EXPECT_EQ(recipe.schedule.epochs, row.epochs) << row.name;
    EXPECT_EQ(recipe.optimizer.clip_norm, row.clip) << row.name;
    EXPECT_EQ(method.encoder.patches(), row.patches) << row.name;
    EXPECT_EQ(method.mixing.mixup, 0.8) << row.name;
    EXPECT_EQ(method.smoothing, 0.1) << row.name;
    EXPECT_EQ(recipe.data.augmentation.pixels.erase.probability, 0.25) << row.name;
  }
}

TEST(Recipe, FineTuningOfM3aeFollowsItsSource) {
  const char* name = "finetune/m3ae-vit-l16";
  const Recipe recipe = parse_recipe(find_recipe(name).text, name);
  const methods::ClassificationConfig& method = classification(recipe);
  EXPECT_EQ(recipe.train.images_per_step(), 1024);
  EXPECT_NEAR(recipe.optimizer.base_lr * 4, 1e-3, 1e-12);  // of 1024 images
  EXPECT_EQ(method.layer_decay, 0.6);
  EXPECT_EQ(method.drop_path, 0.1);
  EXPECT_EQ(method.pooling, nn::Pooling::cls);
  const Recipe backbone = parse_recipe(find_recipe("m3ae/vit-l16").text, "m3ae/vit-l16");
  const auto& pairs = std::get<methods::ImageTextConfig>(backbone.method);
  EXPECT_EQ(method.encoder, methods::joint_network(pairs).encoder);
  EXPECT_EQ(recipe.data.mean, backbone.data.mean);
}

TEST(Recipe, FineTuningOfClipsFollowsItsSource) {
  const char* name = "finetune/mae-st-vit-l16";
  const Recipe recipe = parse_recipe(find_recipe(name).text, name);
  const auto& method = std::get<methods::ClipClassificationConfig>(recipe.method);
  // The reference counts clips, two of each video.
  EXPECT_NEAR(recipe.optimizer.base_lr / static_cast<double>(method.repeats), 2.4e-3, 1e-12);
  EXPECT_EQ(method.repeats, 2);
  EXPECT_EQ(method.dropout, 0.3);
  EXPECT_EQ(method.time_views * method.side_views, 21);
  EXPECT_EQ(recipe.optimizer.clip_norm, 5);
  const auto& pixels = recipe.data.augmentation.pixels;
  EXPECT_EQ(pixels.random_augment.operations, 2);
  EXPECT_EQ(pixels.random_augment.magnitude, 7);
  EXPECT_EQ(pixels.erase.probability, 0.25);
  EXPECT_EQ(pixels.erase.fill, data::EraseFill::pixels);
}

TEST(Recipe, FineTuningSaysWhatItStartsFrom) {
  const RecipeText text = find_recipe("finetune/small");
  const auto refused = [&](const std::vector<std::string>& assignments) -> std::string {
    try {
      parse_recipe(text.text, text.origin, assignments);
    } catch (const UsageError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_EQ(refused({}), "");
  EXPECT_THAT(refused({"start.init=file"}), HasSubstr("start.path is empty"));
  EXPECT_THAT(refused({"start.path=a"}), HasSubstr("start.init is \"random\""));
  EXPECT_THAT(refused({"labels.share=0.1", "labels.per_class=3"}), HasSubstr("labels.per_class"));
  EXPECT_THAT(refused({"mask.ratio=0.5"}), HasSubstr("mask.ratio"));
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

TEST(Recipe, NamesTheNearestOneForAMisspeltName) {
  try {
    find_recipe("dbot/vitb16");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("dbot/vit-b16"));
  }
  EXPECT_EQ(nearest_name("xyzzy", {"dbot/quick"}), "");
}

TEST(Recipe, KnowsWhatANameWithoutItsFolderMeans) {
  using Names = std::vector<std::string>;
  const Names base{"dbot/vit-b16", "mae/vit-b16", "maskdistill/vit-b16"};
  EXPECT_EQ(recipes_meant_by("vit-b16"), base);
  EXPECT_EQ(recipes_meant_by("ViT_B16"), base);
  EXPECT_EQ(recipes_meant_by("tiny"),
            (Names{"dbot/tiny-32", "mae/tiny-32", "maskdistill/tiny-32"}));
  EXPECT_EQ(recipes_meant_by("vit-base"), base);
  EXPECT_EQ(recipes_meant_by("mae_vit_large_patch16"), (Names{"mae/vit-l16"}));
  EXPECT_EQ(recipes_meant_by("mae"), (Names{"mae/tiny-32", "mae/vit-b16", "mae/vit-h14",
                                            "mae/vit-l16", "maskdistill/mae-b16"}));
  EXPECT_EQ(recipes_meant_by("dbot").size(), 9U);
  EXPECT_EQ(recipes_meant_by("imae"), (Names{"imae/tiny-32", "imae/vit-b16"}));
  EXPECT_EQ(recipes_meant_by("finetune/mae-vit-b"), (Names{"finetune/mae-vit-b16"}));
  EXPECT_EQ(recipes_meant_by("mae-vit-h14"), (Names{"mae/vit-h14"}));
  EXPECT_EQ(recipes_meant_by("resnet50"), (Names{"mixmask/resnet50"}));
  EXPECT_EQ(recipes_meant_by("resnet152"), Names());
  EXPECT_EQ(recipes_meant_by("--"), Names());
  try {
    find_recipe("vit-b16");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("did you mean dbot/vit-b16 or mae/vit-b16 or maskdistill/vit-b16?"));
  }
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
