// Students that start from weights: what fits, what is made to fit, and what is refused.
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "tests/methods/masked_modeling/student_start.h"

namespace dbot::methods {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(StudentStarts, TheEncoderIsTheFilesAndTheDecoderADraw) {
  const runtime::NamedTensors weights = save();
  for (const auto target : {objectives::TargetKind::teacher, objectives::TargetKind::pixels}) {
    config_.objective.target = target;
    const auto method = begun(), without = drawn();
    EXPECT_TRUE(method->starts_trained());
    EXPECT_FALSE(without->starts_trained());
    expect_encoder(*method, weights);
    for (const nn::ParameterSpec& spec : method->parameters().specs()) {
      if (weights.contains(spec.name)) continue;
      EXPECT_TRUE(at::equal(of(*method, spec.name), of(*without, spec.name))) << spec.name;
    }
    EXPECT_THAT(told(*method), HasSubstr(file_));
    EXPECT_EQ(told(*without), "");
  }
}

TEST_F(StudentStarts, ARandomTeacherIsACopyOfTheStart) {
  const runtime::NamedTensors weights = save();
  const auto method = begun();
  for (const auto& [name, value] : method->teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, weights.at(name))) << name;
  }
  config_.teacher.init = objectives::TeacherInit::independent;
  EXPECT_FALSE(
      at::equal(begun()->teacher()->parameters().at("cls_token"), weights.at("cls_token")));
}

TEST_F(StudentStarts, OtherGridsAndChannelsAreMadeOfTheFiles) {
  const nn::EncoderConfig stored = config_.encoder;
  runtime::NamedTensors weights = save();
  config_.encoder.image_size = {24, 16};
  config_.encoder.channels = 1;
  config_.mean = config_.std = {0.5};
  const auto method = begun();
  exchange::resize_positions(weights, stored, {6, 4});
  EXPECT_TRUE(at::equal(of(*method, "pos_embed"), weights.at("pos_embed")));
  EXPECT_TRUE(at::allclose(of(*method, "patch_embed.proj.weight"),
                           weights.at("patch_embed.proj.weight").sum(1, /*keepdim=*/true)));
  EXPECT_THAT(told(*method), AllOf(HasSubstr("positions of 4×4 patches resized to 6×4 (bicubic)"),
                                   HasSubstr("weights of 3 channels are summed for one")));
}

TEST_F(StudentStarts, AClassTokenThatTheFileLacksIsDrawnAndSaidByName) {
  nn::EncoderConfig stored = config_.encoder;
  stored.class_token = false;
  nn::ParameterStore store(nn::encoder_parameters(stored));
  for (const auto& [name, tensor] : store.named()) tensor.copy_(at::randn(tensor.sizes()));
  exchange::save_encoder(file_, {.config = stored, .mean = config_.mean, .std = config_.std},
                         store.named());
  const auto method = begun(), without = drawn();
  EXPECT_TRUE(at::equal(of(*method, "cls_token"), of(*without, "cls_token")));
  const at::Tensor& table = of(*method, "pos_embed");
  EXPECT_TRUE(at::equal(table.slice(1, 1), store.at("pos_embed")));
  EXPECT_TRUE(at::equal(table.slice(1, 0, 1), at::zeros({1, 1, 16})));
  EXPECT_THAT(told(*method), HasSubstr("cls_token drawn anew, the file has none"));
}

TEST_F(StudentStarts, AHeadAndADecoderThatAreLeftAreSaidByName) {
  const auto weights =
      save(config_.encoder, {{"head.weight", at::zeros({3, 16})}, {"head.bias", at::zeros({3})}});
  EXPECT_THAT(told(*begun()),
              AllOf(HasSubstr("left: "), HasSubstr("head.weight"), HasSubstr("head.bias")));
  runtime::NamedTensors decoder;
  for (int i = 0; i < 8; ++i) {
    decoder["decoder_blocks." + std::to_string(i) + ".norm1.weight"] = at::zeros({8});
  }
  save(config_.encoder, decoder);
  EXPECT_THAT(told(*begun()), HasSubstr("left: decoder_blocks (8 tensors)"));
}

TEST_F(StudentStarts, AnotherNetworkIsRefusedAtOnceWithBothValuesAndTheWayOut) {
  save();
  const auto refusal = [this] {
    try {
      const MaskedModeling method(config_);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  config_.encoder.width = 32;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("has width 16"), HasSubstr("model.width is 32"),
                               HasSubstr("set model.width = 16")));
  config_.encoder.width = 16;
  config_.encoder.depth = 3;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("has depth 2"), HasSubstr("set model.depth = 2")));
  config_.encoder.depth = 2;
  EXPECT_EQ(refusal(), "accepted");
  nn::EncoderConfig tower = config_.encoder;
  tower.norm_before = true;
  save(tower);
  EXPECT_THAT(refusal(), HasSubstr("which recipes cannot describe"));
}

TEST_F(StudentStarts, ASymmetricStudentStartsFromAFileToo) {
  config_.student = StudentKind::symmetric;
  config_.encoder.relative_positions = nn::RelativePositions::shared;
  config_.encoder.position_table = false;
  const runtime::NamedTensors weights = save();
  expect_encoder(*begun(), weights);
}

}  // namespace
}  // namespace dbot::methods
