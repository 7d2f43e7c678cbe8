#pragma once

#include <memory>

#include "dbot/methods/method.h"
#include "dbot/nn/backbone.h"

// A system as unlike a masked ViT as can be, for the catalogue's test: a convolution looks at
// images and predicts the sum of a ragged list of numbers that comes with each.
namespace dbot::test {

inline constexpr const char* kNumbers = "numbers";  // ragged: float32 [of all samples, 1]

/// One 3×3 convolution, ReLU, mean.
class ConvolutionBackbone final : public nn::Backbone {
 public:
  ConvolutionBackbone();

  const std::shared_ptr<nn::ParameterStore>& parameters() const override { return parameters_; }
  nn::BackboneInput input() const override { return {.images = {{8, 8}, 3}}; }
  std::vector<std::string> feature_names() const override { return {"pooled"}; }
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType) const override;
  std::string describe() const override { return "a convolution of 8 channels"; }

  at::Tensor pooled(const at::Tensor& images) const;  // with its graph, float32 [batch, 8]

 private:
  std::shared_ptr<nn::ParameterStore> parameters_;
};

/// Draws: "noise" [batch]. Scalars: "numbers" a sample, "error". Buffer: a running mean of targets.
class SmallSystem final : public methods::Method {
 public:
  nn::ParameterStore& parameters() override { return *backbone_->parameters(); }
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  methods::StepDraws draw(const data::Batch& batch,
                          const methods::DrawContext& context) const override;
  methods::StepResult training_step(const data::Batch& batch, const methods::StepDraws& draws,
                                    const methods::StepContext& context) override;
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t) override {}
  const nn::Backbone& backbone() const override { return *backbone_; }
  methods::BackboneFile backbone_file() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  methods::Cost cost() const override { return {.operations = 6.0 * 64 * 27 * 8}; }
  methods::ModelFacts facts() const override;

 private:
  std::unique_ptr<ConvolutionBackbone> backbone_;
};

}  // namespace dbot::test
