// Students that start from weights: what later stages, resumes, headers and rates make of it.
#include <gmock/gmock.h>

#include <filesystem>

#include "dbot/exchange/import/weights_origin.h"
#include "tests/methods/masked_modeling/student_start.h"

namespace dbot::methods {
namespace {

using testing::HasSubstr;

TEST_F(StudentStarts, EveryStageStartsFromTheFileAlsoWhenItIsGone) {
  const runtime::NamedTensors weights = save();
  const std::string lasting = (folder_ / "kept.safetensors").string();
  for (const auto stages : {InitStages::all, InitStages::first}) {
    std::filesystem::copy_file(file_, lasting, std::filesystem::copy_options::overwrite_existing);
    config_.start.path = lasting;
    config_.start.stages = stages;
    config_.stages = 2;
    const auto method = begun();
    method->parameters().flat_values().mul_(2);
    const runtime::NamedTensors state = method->state();
    EXPECT_EQ(state.contains("start.cls_token"), stages == InitStages::all);
    std::filesystem::remove(lasting);
    const auto resumed = MaskedModeling::to_be_loaded(config_);
    resumed->load_state(0, state);
    EXPECT_TRUE(at::equal(of(*resumed, "cls_token"), of(*method, "cls_token")));
    EXPECT_THAT(told(*resumed), HasSubstr(lasting));
    for (MaskedModeling* one : {method.get(), resumed.get()}) {
      one->end_stage(0);
      one->begin_stage(1);
      EXPECT_EQ(at::equal(of(*one, "cls_token"), weights.at("cls_token")),
                stages == InitStages::all);
      EXPECT_FALSE(one->state().contains("start.cls_token")) << "no later stage needs it";
    }
  }
}

TEST_F(StudentStarts, ACopyOfItsTeacherStartsAsTheFileAndThenAsTheLastStudent) {
  const runtime::NamedTensors weights = save();
  config_.start = {.init = StudentInit::teacher, .path = {}};
  config_.teacher.init = objectives::TeacherInit::file;
  config_.teacher.path = file_;
  config_.teacher.heads = 2;
  config_.teacher.depth = 1;
  config_.stages = 2;
  const auto method = begun();
  EXPECT_TRUE(method->starts_trained());
  expect_encoder(*method, weights);
  EXPECT_EQ(method->teacher()->config().depth, 1);
  method->parameters().flat_values().mul_(2);
  const at::Tensor last = of(*method, "blocks.1.mlp.fc1.weight").clone();
  const at::Tensor decoder = of(*method, "decoder_embed.weight").clone();
  method->end_stage(0);
  const auto resumed = MaskedModeling::to_be_loaded(config_);
  resumed->load_state(0, method->state());
  for (MaskedModeling* one : {method.get(), resumed.get()}) {
    one->begin_stage(1);
    EXPECT_TRUE(at::equal(of(*one, "blocks.1.mlp.fc1.weight"), last));
    EXPECT_FALSE(at::equal(of(*one, "decoder_embed.weight"), decoder));
  }
  config_.start.stages = InitStages::first;
  const auto first = begun();
  first->end_stage(0);
  first->begin_stage(1);
  EXPECT_FALSE(at::equal(of(*first, "cls_token"), weights.at("cls_token")));
}

TEST_F(StudentStarts, ACopyOfAnIndependentTeacherStartsAsItsDraw) {
  config_.start = {.init = StudentInit::teacher, .path = {}};
  config_.teacher.init = objectives::TeacherInit::independent;
  const auto method = begun();
  EXPECT_FALSE(method->starts_trained()) << "a draw";
  EXPECT_TRUE(at::equal(of(*method, "cls_token"), method->teacher()->parameters().at("cls_token")));
  EXPECT_FALSE(at::equal(of(*method, "cls_token"), of(*drawn(), "cls_token")));
}

TEST_F(StudentStarts, OriginsAreCarriedOnByStudentsOfEveryStageAndAcrossAResume) {
  save();
  const auto origins = exchange::read_origins(file_);
  ASSERT_EQ(origins.front().licence, "apache-2.0");
  for (const auto target : {objectives::TargetKind::pixels, objectives::TargetKind::teacher}) {
    config_.objective.target = target;
    config_.stages = 2;
    const auto method = begun();
    EXPECT_EQ(origins_of(*method), origins);
    EXPECT_EQ(method->whole_network().description.origins, origins);
    const auto resumed = MaskedModeling::to_be_loaded(config_);
    resumed->load_state(0, method->state());
    resumed->end_stage(0);
    resumed->begin_stage(1);
    EXPECT_EQ(origins_of(*resumed), origins);
  }
  EXPECT_TRUE(origins_of(*drawn()).empty());
}

TEST_F(StudentStarts, ATeacherOfAnotherFileAddsItsOrigin) {
  save();
  const std::string other = (folder_ / "teacher.safetensors").string();
  std::filesystem::copy_file(file_, other);
  config_.teacher.init = objectives::TeacherInit::file;
  config_.teacher.path = other;
  config_.teacher.heads = 2;
  EXPECT_EQ(origins_of(*begun()).size(), 1u) << "the same bytes";
  save();
  EXPECT_EQ(origins_of(*begun()).size(), 2u);
}

TEST_F(StudentStarts, TheEncoderHasARateOfItsOwnWhereItStartsFromWeights) {
  save();
  config_.stages = 2;
  config_.start.stages = InitStages::first;
  config_.start.lr_factor = 0.1;
  const auto method = begun();
  const auto scale_of = [&](const std::string& name) {
    const at::Tensor& tensor = of(*method, name);
    for (const optim::ParameterGroup& group : method->parameter_groups(0.05)) {
      const auto* begin = group.values.const_data_ptr<float>();
      const auto* at = tensor.const_data_ptr<float>();
      if (at >= begin && at < begin + group.values.numel()) return group.rate_scale;
    }
    return -1.0;
  };
  const auto sizes = [&] {
    std::vector<std::int64_t> all;
    for (const auto& group : method->parameter_groups(0.05)) all.push_back(group.values.numel());
    return all;
  };
  for (const char* name : {"cls_token", "patch_embed.proj.weight", "blocks.1.norm1.bias",
                           "blocks.1.mlp.fc2.weight", "norm.weight"}) {
    EXPECT_EQ(scale_of(name), 0.1) << name;
  }
  for (const char* name : {"mask_token", "decoder_embed.bias", "decoder_blocks.0.mlp.fc1.weight",
                           "decoder_norm.bias", "decoder_predp.weight"}) {
    EXPECT_EQ(scale_of(name), 1) << name;
  }
  const auto before = sizes();
  method->end_stage(0);
  method->begin_stage(1);
  EXPECT_EQ(scale_of("blocks.0.mlp.fc1.weight"), 1) << "this student was drawn";
  EXPECT_EQ(sizes(), before) << "an optimizer that is kept fits both";
}

}  // namespace
}  // namespace dbot::methods
