// What an i-MAE begins with: an MAE with its decoder, and what is refused.
#include "dbot/methods/mixture_separation/start_autoencoder.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/methods/mixture_separation/mixture_separation.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/mixture_separation/small_autoencoder.h"

namespace dbot::methods {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StartAutoencoderTest : public testing::Test {
 protected:
  StartAutoencoder load() const {
    test::write_autoencoder(file_, stored_, tensors_);
    return load_start_autoencoder(file_, config_.encoder, config_.decoder);
  }

  std::string refusal() const {
    try {
      load();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no UsageError";
  }

  /// Separation layers beside a decoder_embed that was never trained, as published programs do.
  void make_mixture_model() {
    for (const char* layer : {"decoder_embed1.", "decoder_embed2."}) {
      for (const std::string part : {"weight", "bias"}) {
        at::Tensor value = tensors_.at("decoder_embed." + part).clone();
        tensors_[layer + part] = value.add_(layer[13] == '1' ? 1.0 : 2.0);
      }
    }
  }

  MixtureSeparationConfig config_ = test::small_mixture_config();
  nn::EncoderConfig stored_ = config_.encoder;
  runtime::NamedTensors tensors_ = test::small_autoencoder(config_);
  test::TemporaryFolder folder_;
  std::string file_ = (folder_ / "mae.safetensors").string();
};

TEST_F(StartAutoencoderTest, ItsEmbeddingGoesIntoBothSeparationLayers) {
  const runtime::NamedTensors student = student_start(load(), /*layers=*/2);
  for (const char* layer : {"decoder_embed1", "decoder_embed2"}) {
    for (const char* part : {".weight", ".bias"}) {
      EXPECT_TRUE(at::equal(student.at(std::string(layer) + part),
                            tensors_.at(std::string("decoder_embed") + part)));
    }
  }
  EXPECT_FALSE(student.contains("decoder_embed.weight"));
  for (const auto& [name, tensor] : tensors_) {
    if (name.starts_with("decoder_embed.")) continue;
    EXPECT_TRUE(at::equal(student.at(name), tensor)) << name;
  }
  EXPECT_TRUE(at::equal(student_start(load(), 1).at("decoder_embed.weight"),
                        tensors_.at("decoder_embed.weight")));
}

TEST_F(StartAutoencoderTest, ARunGivesTheDecoderOfItsNewestCheckpoint) {
  const std::filesystem::path run = folder_ / "run", step = run / "checkpoints" / "step-00000002";
  std::filesystem::create_directories(step);
  test::write_autoencoder(step / "student.safetensors", stored_, tensors_);
  runtime::NamedTensors encoder;
  for (const auto& [name, tensor] : tensors_) {
    if (!name.starts_with("decoder") && name != "mask_token") encoder.emplace(name, tensor);
  }
  test::write_autoencoder(run / "model.safetensors", stored_, encoder);
  for (const auto& path : {run, step}) {
    const auto start = load_start_autoencoder(path.string(), config_.encoder, config_.decoder);
    EXPECT_TRUE(
        at::equal(start.tensors.at("decoder_pred.weight"), tensors_.at("decoder_pred.weight")));
  }
}

TEST_F(StartAutoencoderTest, AnEncoderAloneIsRefusedByName) {
  std::erase_if(tensors_, [](const auto& entry) {
    return entry.first.starts_with("decoder") || entry.first == "mask_token";
  });
  EXPECT_THAT(refusal(), AllOf(HasSubstr(file_), HasSubstr("an encoder without a decoder"),
                               HasSubstr("decoder_embed.weight is missing")));
}

TEST_F(StartAutoencoderTest, ADecoderOfFeaturesIsRefused) {
  tensors_["decoder_predp.weight"] = tensors_.at("decoder_pred.weight");
  tensors_.erase("decoder_pred.weight");
  EXPECT_THAT(refusal(), HasSubstr("predicts no pixels"));
}

TEST_F(StartAutoencoderTest, WhatDoesNotFitIsRefusedByItsKey) {
  MixtureSeparationConfig right = config_;
  config_.decoder.width = 16;
  EXPECT_THAT(refusal(), AllOf(HasSubstr("has 8 for decoder.width, but decoder.width is 16"),
                               HasSubstr("set decoder.width = 8")));
  config_ = right;
  config_.decoder.depth = 2;
  EXPECT_THAT(refusal(), HasSubstr("set decoder.depth = 1"));
  config_ = right;
  config_.encoder.width = 32;
  EXPECT_THAT(refusal(), HasSubstr("set model.width = 16"));
  config_ = right;
  config_.encoder.channels = 1;
  EXPECT_THAT(refusal(), HasSubstr("set model.channels = 3"));
  config_ = right;
  tensors_["decoder_norm.bias"] = at::zeros({3});
  EXPECT_THROW(load(), DataError);
}

TEST_F(StartAutoencoderTest, PositionsOfBothNetworksAreResizedForAnotherImage) {
  config_.encoder.image_size = {16, 8};
  const StartAutoencoder start = load();
  EXPECT_EQ(start.tensors.at("pos_embed").size(1), 1 + 8);
  EXPECT_EQ(start.tensors.at("decoder_pos_embed").size(1), 1 + 8);
}

TEST_F(StartAutoencoderTest, AMixtureModelGivesItsLayersAndTeachesNobody) {
  make_mixture_model();
  const StartAutoencoder start = load();
  const runtime::NamedTensors student = student_start(start, 2);
  for (const char* name : {"decoder_embed1.weight", "decoder_embed2.bias"}) {
    EXPECT_TRUE(at::equal(student.at(name), tensors_.at(name))) << name;
  }
  EXPECT_FALSE(student.contains("decoder_embed.weight"));
  EXPECT_TRUE(at::equal(student_start(start, 1).at("decoder_embed.weight"),
                        tensors_.at("decoder_embed1.weight")));
  EXPECT_THROW(require_teacher(start), UsageError);
  // Another file may teach it.
  const std::string mae = (folder_ / "teacher.safetensors").string();
  test::write_autoencoder(mae, stored_, test::small_autoencoder(config_));
  config_.start = StartKind::file;
  config_.start_path = file_;
  config_.distillation = 1;
  EXPECT_THROW(MixtureSeparation{config_}, UsageError);
  config_.teacher_path = mae;
  MixtureSeparation method(config_);
  method.begin_stage(0);
  EXPECT_TRUE(at::equal(method.teacher()->parameters().at("decoder_embed.weight"),
                        test::small_autoencoder(config_).at("decoder_embed.weight")));
}

}  // namespace
}  // namespace dbot::methods
