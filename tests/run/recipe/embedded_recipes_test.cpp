#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/masking/block_mask.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

// The recipes that are part of the program.
namespace dbot::run {
namespace {

using testing::HasSubstr;

TEST(Recipe, EmbeddedOnesAreSoundAndSayWhatTheyAre) {
  ASSERT_EQ(embedded_recipes().size(), 68u);
  for (const EmbeddedRecipe& recipe : embedded_recipes()) {
    EXPECT_NO_THROW(parse_recipe(recipe.text, recipe.name)) << recipe.name;
    EXPECT_FALSE(summary_line(recipe.text).empty()) << recipe.name;
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
  EXPECT_EQ(recipes_meant_by("mae"),
            (Names{"mae/small-128", "mae/small-32", "mae/small-64", "mae/tiny-32", "mae/vit-b16",
                   "mae/vit-h14", "mae/vit-l16", "mae/vit-s16", "maskdistill/mae-b16"}));
  EXPECT_EQ(recipes_meant_by("dbot").size(), 13U);
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

}  // namespace
}  // namespace dbot::run
