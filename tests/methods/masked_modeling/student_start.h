#pragma once

#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "tests/core/temporary_folder.h"

namespace dbot::methods {

/// Small students that start from a file of weights.
class StudentStarts : public testing::Test {
 protected:
  StudentStarts() {
    config_.encoder = {{16, 16}, 3, 4, 16, 2, 2};
    config_.decoder = {8, 1, 2};
    config_.mean = {0.5, 0.4, 0.3};
    config_.std = {0.2, 0.3, 0.25};
    config_.seed = 5;
    config_.start.init = StudentInit::file;
    config_.start.path = file_;
  }

  /// A file of no special value; returns its tensors. `more` stand beside the encoder's.
  runtime::NamedTensors save(const nn::EncoderConfig& shape, runtime::NamedTensors more = {}) {
    runtime::NamedTensors weights;
    for (const nn::ParameterSpec& spec : nn::encoder_parameters(shape)) {
      weights[spec.name] = at::randn(spec.shape);
    }
    runtime::NamedTensors all = weights;
    all.merge(more);
    exchange::write_tensor_file(file_, all, {{"license", "apache-2.0"}});
    return weights;
  }
  runtime::NamedTensors save() { return save(config_.encoder); }

  std::unique_ptr<MaskedModeling> begun() const {
    auto method = std::make_unique<MaskedModeling>(config_);
    method->begin_stage(0);
    return method;
  }

  /// The student without a start: what is drawn.
  std::unique_ptr<MaskedModeling> drawn() const {
    MaskedModelingConfig config = config_;
    config.start = {};
    auto method = std::make_unique<MaskedModeling>(config);
    method->begin_stage(0);
    return method;
  }

  static const at::Tensor& of(const MaskedModeling& method, const std::string& name) {
    return method.student().parameters()->at(name);
  }

  static void expect_encoder(const MaskedModeling& method, const runtime::NamedTensors& weights) {
    for (const auto& [name, value] : weights) {
      EXPECT_TRUE(at::equal(of(method, name), value)) << name;
    }
  }

  static std::string told(const MaskedModeling& method) {
    for (const auto& [name, value] : method.facts().rows) {
      if (name == "start") return value;
    }
    return {};
  }

  static std::vector<exchange::WeightsOrigin> origins_of(const MaskedModeling& method) {
    return exchange::description_from_json(method.describe_backbone(), "test").origins;
  }

  test::TemporaryFolder folder_;
  std::string file_ = (folder_ / "start.safetensors").string();
  MaskedModelingConfig config_;
};

}  // namespace dbot::methods
