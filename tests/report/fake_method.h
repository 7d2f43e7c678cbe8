#pragma once

#include <memory>

#include "dbot/methods/method.h"
#include "dbot/nn/parameters.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::report {

/// A method that has a network and learns nothing: what an observer gets to see.
class FakeMethod : public methods::Method {
 public:
  FakeMethod()
      : network_(config(), std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config()))) {
  }

  nn::ParameterStore& parameters() override { return *network_.parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double) override { return {}; }
  methods::StepDraws draw(const data::Batch&, const methods::DrawContext&) const override {
    return {};
  }
  methods::StepResult training_step(const data::Batch&, const methods::StepDraws&,
                                    const methods::StepContext&) override {
    return {};
  }
  bool starts_trained() const override { return trained_before; }
  void begin_stage(std::int64_t) override {}
  void end_stage(std::int64_t) override {}
  const nn::VisionTransformer& backbone() const override { return network_; }
  runtime::NamedTensors state() const override { return {}; }
  void load_state(std::int64_t, const runtime::NamedTensors&) override {}
  methods::BackboneFile backbone_file() const override { return {"{}", {}}; }
  methods::Cost cost() const override { return {}; }
  methods::ModelFacts facts() const override { return {}; }

  bool trained_before = false;

 private:
  static nn::EncoderConfig config() {
    return {.image_size = {8, 8}, .patch_size = 4, .width = 8, .depth = 1, .heads = 1};
  }
  nn::VisionTransformer network_;
};

}  // namespace dbot::report
