// Whether the slots of masked modelling fit each other, and what MaskDistill's recipes put in them.
#include <gmock/gmock.h>

#include <string>
#include <variant>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/masking/block_mask.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::run {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// The message of the UsageError that these values cause; empty if they are accepted.
std::string slot_refusal(const std::vector<std::string>& assignments) {
  try {
    parse_recipe("[schedule]\nepochs = 10\nwarmup_epochs = 1\n", "test.toml", assignments);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(MaskedModelingRecipe, ExactBlocksAreForAnyStudent) {
  EXPECT_EQ(slot_refusal({"mask.kind=\"block\"", "mask.count=-1"}), "");
  EXPECT_EQ(slot_refusal({"mask.kind=\"block\"", "mask.count=78"}), "");
  EXPECT_EQ(slot_refusal({"mask.count=78"}), "");
  EXPECT_THAT(slot_refusal({"mask.count=196"}),
              AllOf(HasSubstr("mask.count is 196"), HasSubstr("195")));
  EXPECT_THAT(slot_refusal({"mask.kind=\"block\"", "mask.count=5"}),
              AllOf(HasSubstr("mask.smallest_block"), HasSubstr("mask.count is 5")));
  EXPECT_THAT(slot_refusal({"mask.kind=\"block\"", "mask.count=-1", "mask.largest_block=4"}),
              HasSubstr("mask.largest_block is 4"));
}

TEST(MaskedModelingRecipe, StartsOfAStudentFitTheRest) {
  EXPECT_EQ(slot_refusal({"student.init=file", "student.path=a"}), "");
  EXPECT_EQ(slot_refusal({"student.init=teacher", "teacher.init=file", "teacher.path=a"}), "");
  EXPECT_EQ(slot_refusal({"student.init=teacher", "stages.count=2"}), "");
  EXPECT_THAT(slot_refusal({"student.init=file"}), HasSubstr("student.path is empty"));
  EXPECT_THAT(slot_refusal({"student.path=a"}),
              AllOf(HasSubstr("student.path is \"a\""), HasSubstr("\"random\"")));
  EXPECT_THAT(slot_refusal({"student.lr_factor=0.1"}), HasSubstr("student.lr_factor is 0.1"));
  EXPECT_THAT(slot_refusal({"student.init=teacher", "objective.target=pixels",
                            "objective.normalisation=patch"}),
              HasSubstr("no teacher"));
  EXPECT_THAT(slot_refusal({"student.init=teacher", "teacher.update=step"}),
              HasSubstr("begins as the student"));
  EXPECT_THAT(slot_refusal({"student.init=teacher", "teacher.width=96", "teacher.heads=3"}),
              HasSubstr("a shape of its own"));
  const std::vector<std::string> depths{"student.init=file", "student.path=a", "stages.count=2",
                                        "stages.student_depth=[12, 6]"};
  EXPECT_THAT(slot_refusal(depths), AllOf(HasSubstr("stages.student_depth has 6 for stage 2"),
                                          HasSubstr("model.depth 12")));
  std::vector<std::string> first = depths;
  first.emplace_back("student.init_stages=first");
  EXPECT_EQ(slot_refusal(first), "");
}

TEST(MaskedModelingRecipe, SlotsOfATeacherFitEachOther) {
  EXPECT_EQ(slot_refusal({"teacher.output=ln_post"}), "");
  EXPECT_EQ(slot_refusal({"teacher.output=mean_of_last", "teacher.mean_of_blocks=6"}), "");
  EXPECT_THAT(slot_refusal({"teacher.output=last_block", "teacher.final_norm=true"}),
              HasSubstr("teacher.output = \"ln_post\""));
  EXPECT_THAT(slot_refusal({"teacher.output=ln_post", "teacher.mean_of_blocks=6"}),
              HasSubstr("teacher.mean_of_blocks is 6"));
  EXPECT_EQ(slot_refusal({"teacher.update=step"}), "");
  EXPECT_THAT(slot_refusal({"teacher.update=step", "stages.count=2"}),
              HasSubstr("stages.count is 2"));
  EXPECT_THAT(slot_refusal({"teacher.update=step", "teacher.width=192", "teacher.heads=3"}),
              HasSubstr("teacher.width"));
  EXPECT_THAT(slot_refusal({"teacher.update=step", "objective.target=pixels",
                            "objective.normalisation=patch"}),
              HasSubstr("no teacher"));
  EXPECT_EQ(slot_refusal({"objective.normalisation=variance"}), "");
  EXPECT_EQ(slot_refusal({"objective.normalisation=variance", "objective.target=pixels"}), "");
  EXPECT_THAT(slot_refusal({"objective.normalisation=l2", "objective.target=pixels"}),
              HasSubstr("for features"));
}

TEST(MaskedModelingRecipe, TargetsOfStagesFitTheRest) {
  const std::string two = "stages.count=2", mixed = "stages.targets=[\"pixels\", \"teacher\"]";
  EXPECT_EQ(slot_refusal({two, mixed}), "");
  EXPECT_EQ(slot_refusal({two, "stages.targets=pixels,teacher"}), "");
  EXPECT_EQ(slot_refusal({two, mixed, "objective.target=pixels", "objective.normalisation=none"}),
            "");
  EXPECT_THAT(slot_refusal({mixed}),
              AllOf(HasSubstr("stages.targets has 2 values"), HasSubstr("stages.count is 1")));
  EXPECT_THAT(slot_refusal({two, "stages.targets=pixels,features"}),
              HasSubstr("each one of \"teacher\", \"pixels\""));
  EXPECT_THAT(slot_refusal({two, "stages.losses=mse"}), HasSubstr("stages.losses"));
  EXPECT_THAT(slot_refusal({two, mixed, "stages.normalisations=token,token"}),
              AllOf(HasSubstr("\"token\" for stage 1"), HasSubstr("\"pixels\"")));
  EXPECT_THAT(slot_refusal({two, mixed, "stages.normalisations=none,patch"}),
              AllOf(HasSubstr("\"patch\" for stage 2"), HasSubstr("\"token\"")));
  EXPECT_EQ(slot_refusal({two, mixed, "stages.normalisations=none,l2", "stages.losses=l1,cosine"}),
            "");
  EXPECT_THAT(slot_refusal({two, mixed, "stages.keep_optimizer=true"}),
              HasSubstr("stages.keep_optimizer"));
  EXPECT_EQ(slot_refusal({two, "stages.targets=teacher,teacher", "stages.keep_optimizer=true"}),
            "");
  EXPECT_THAT(slot_refusal({"stages.targets=pixels", "teacher.update=step"}),
              AllOf(HasSubstr("teacher.update"), HasSubstr("stages.targets")));
  EXPECT_THAT(slot_refusal({two, mixed, "teacher.init=file", "teacher.path=x.safetensors"}),
              AllOf(HasSubstr("teacher.init"), HasSubstr("begins with \"pixels\"")));
  EXPECT_THAT(slot_refusal({two, mixed, "teacher.width=192", "teacher.heads=3"}),
              HasSubstr("teacher.width"));
  EXPECT_EQ(slot_refusal({two, "stages.targets=teacher,pixels", "teacher.init=file",
                          "teacher.path=x.safetensors"}),
            "");
}

TEST(MaskedModelingRecipe, StagesStopWhereSomethingIsMeasured) {
  EXPECT_EQ(slot_refusal({"stages.count=3", "stages.stop=probe"}), "");
  EXPECT_THAT(slot_refusal({"stages.count=2", "stages.stop=probe"}),
              AllOf(HasSubstr("stages.stop"), HasSubstr("stages.count is 2")));
  EXPECT_THAT(slot_refusal({"stages.count=3", "stages.stop=probe", "report.pictures=false",
                            "evaluate.at_stage_ends=false"}),
              HasSubstr("evaluate.at_stage_ends"));
  EXPECT_EQ(slot_refusal({"stages.count=3", "stages.stop=probe", "report.pictures=false"}), "");
}

TEST(MaskedModelingRecipe, LearnedPositionsNeedATable) {
  EXPECT_THAT(slot_refusal({"student.learned_positions=true"}), HasSubstr("student.kind"));
  EXPECT_EQ(slot_refusal({"student.learned_positions=true", "student.kind=symmetric"}), "");
  EXPECT_THAT(slot_refusal({"student.learned_positions=true", "student.kind=symmetric",
                            "model.position_table=false", "model.relative_positions=shared"}),
              HasSubstr("model.position_table"));
  EXPECT_EQ(slot_refusal({"student.learned_positions=true", "student.kind=symmetric",
                          "model.position_table=false", "model.relative_positions=shared",
                          "student.head=decoder"}),
            "");
}

const methods::MaskedModelingConfig& slots_of(const Recipe& recipe) {
  return std::get<methods::MaskedModelingConfig>(recipe.method);
}

Recipe recipe_named(const std::string& name) {
  return parse_recipe(find_recipe(name).text, name);
}

TEST(MaskDistillRecipes, FollowTheirSource) {
  struct Row {
    const char* name;
    std::int64_t hidden;
    double layer_scale;
  };
  for (const auto& [name, hidden, layer_scale] :
       {Row{"maskdistill/vit-b16", 78, 0.1}, Row{"maskdistill/vit-l16", 78, 1e-5},
        Row{"maskdistill/vit-h14", 102, 1e-5}}) {
    const Recipe recipe = recipe_named(name);
    const methods::MaskedModelingConfig& slots = slots_of(recipe);
    EXPECT_EQ(recipe.train.images_per_step(), 2048) << name;
    EXPECT_DOUBLE_EQ(recipe.optimizer.base_lr * 2048 / 256, 1.5e-3) << name;
    EXPECT_EQ(recipe.schedule.epochs, 300) << name;
    const auto blocks = masking::block_config(slots.mask, slots.encoder.patches());
    EXPECT_EQ(blocks.masked, hidden) << name;
    EXPECT_TRUE(blocks.exact) << name;
    EXPECT_EQ(slots.encoder.layer_scale, layer_scale) << name;
    EXPECT_EQ(slots.teacher.features.output, objectives::TeacherOutput::last_block) << name;
    EXPECT_EQ(slots.teacher.position_resize, objectives::TeacherPositions::dino) << name;
    EXPECT_EQ(slots.objective.normalisation, objectives::Normalisation::layer_norm) << name;
    EXPECT_EQ(slots.loss.beta, 1) << name;
  }
}

TEST(MaskDistillRecipes, RowsDifferInTheirSlotsAlone) {
  const auto rest_of = [](const Recipe& recipe) {
    Recipe rest = recipe;
    methods::MaskedModelingConfig slots;
    slots.drop_path = slots_of(recipe).drop_path;
    rest.method = slots;
    return to_toml(rest);
  };
  const std::string rest = rest_of(recipe_named("maskdistill/vit-b16"));
  for (const char* row : {"data2vec", "mvp", "milan", "simmim", "mae"}) {
    const Recipe recipe = recipe_named("maskdistill/" + std::string(row) + "-b16");
    EXPECT_EQ(rest_of(recipe), rest) << row;
    EXPECT_EQ(slots_of(recipe).encoder.width, 768) << row;
    EXPECT_EQ(slots_of(recipe).encoder.depth, 12) << row;
  }
}

TEST(MaskDistillRecipes, TheSmallOneHidesTwentyFiveOfSixtyFour) {
  const Recipe recipe = recipe_named("maskdistill/tiny-32");
  const auto blocks =
      masking::block_config(slots_of(recipe).mask, slots_of(recipe).encoder.patches());
  EXPECT_EQ(blocks.masked, 25);
  EXPECT_EQ(blocks.smallest, 4);
  EXPECT_EQ(recipe.schedule.images_seen, 800 * recipe.train.images_per_step());
  EXPECT_DOUBLE_EQ(recipe.optimizer.base_lr * 128 / 256, 1e-3);
}

}  // namespace
}  // namespace dbot::run
