// A teacher from a file: what is refused before the first step, and what its students carry on.
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "tests/core/temporary_folder.h"

namespace dbot::methods {
namespace {

using testing::HasSubstr;

class FileTeacher : public testing::Test {
 protected:
  FileTeacher() {
    config_.encoder = {{16, 16}, 3, 4, 16, 2, 2};
    config_.decoder = {8, 1, 2};
    config_.mean = {0.5, 0.4, 0.3};
    config_.std = {0.2, 0.3, 0.25};
    config_.teacher.init = objectives::TeacherInit::file;
    config_.teacher.path = (folder_ / "teacher.safetensors").string();
    config_.teacher.heads = 2;
    nn::ParameterStore store(nn::encoder_parameters(config_.encoder));
    store.initialise(/*seed=*/5, /*stage=*/0);
    for (const auto& [name, tensor] : store.named()) weights_[name] = tensor.detach().clone();
  }

  std::string refusal() {
    exchange::write_tensor_file(config_.teacher.path, weights_, {{"license", "apache-2.0"}});
    try {
      MaskedModeling method(config_);
      method.begin_stage(0);
    } catch (const DataError& error) {
      return error.what();
    }
    return "accepted";
  }

  test::TemporaryFolder folder_;
  MaskedModelingConfig config_;
  runtime::NamedTensors weights_;
};

TEST_F(FileTeacher, ThatIsNotFiniteEndsTheRunBeforeItsFirstStep) {
  EXPECT_EQ(refusal(), "accepted");
  const at::Tensor sound = weights_["blocks.1.mlp.fc2.bias"];
  weights_["blocks.1.mlp.fc2.bias"] = at::full({16}, std::nan(""));
  EXPECT_THAT(refusal(), HasSubstr("blocks.1.mlp.fc2.bias"));
  // Finite weights whose features are not.
  weights_["blocks.1.mlp.fc2.bias"] = sound;
  weights_["blocks.1.mlp.fc2.weight"] = at::full({16, 64}, 3e38);
  weights_["blocks.1.mlp.fc1.bias"] = at::full({64}, 100.0);
  EXPECT_THAT(refusal(), HasSubstr("features that are not finite"));
}

TEST_F(FileTeacher, LeavesItsOriginToStudentsOfEveryStageAndAcrossAResume) {
  ASSERT_EQ(refusal(), "accepted");
  const auto origins = exchange::read_origins(config_.teacher.path);
  ASSERT_EQ(origins.front().licence, "apache-2.0");
  const auto of = [](const MaskedModeling& method) {
    return exchange::description_from_json(method.describe_backbone(), "test").origins;
  };
  MaskedModeling method(config_);
  method.begin_stage(0);
  EXPECT_EQ(of(method), origins);
  EXPECT_EQ(method.whole_network().description.origins, origins);
  method.end_stage(0);
  method.begin_stage(1);
  EXPECT_EQ(of(method), origins);
  MaskedModeling resumed(config_);
  resumed.load_state(1, method.state());
  EXPECT_EQ(of(resumed), origins);
  config_.teacher = {};
  MaskedModeling without(config_);
  without.begin_stage(0);
  EXPECT_TRUE(of(without).empty());
}

TEST_F(FileTeacher, OfAnotherKindTeachesAlsoAfterAResume) {
  const std::string teachers = "tests/exchange/fixtures/teachers/";
  config_.encoder = {{32, 32}, 3, 8, 16, 2, 2};
  for (const std::string name : {"dinov3-gated-hf", "registers-hf", "siglip-hf"}) {
    SCOPED_TRACE(name);
    config_.teacher.path = teachers + name + "/model.safetensors";
    config_.objective.cls = name != "siglip-hf";
    MaskedModeling method(config_);
    method.begin_stage(0);
    MaskedModeling resumed(config_);
    resumed.load_state(0, method.state());
    const runtime::NamedTensors before = method.state(), after = resumed.state();
    ASSERT_TRUE(before.contains("teacher.norm.weight"));
    EXPECT_EQ(before.size(), after.size());
    for (const auto& [tensor, values] : before) {
      EXPECT_TRUE(at::equal(after.at(tensor), values)) << tensor;
    }
  }
  config_.objective.cls = true;
  try {
    MaskedModeling method(config_);
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("has no class token"));
  }
}

}  // namespace
}  // namespace dbot::methods
