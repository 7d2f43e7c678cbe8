#include "tests/methods/small_system.h"

#include <ATen/Functions.h>

#include "dbot/core/random.h"
#include "dbot/methods/state_names.h"
#include "dbot/optim/layer_decay.h"

namespace dbot::test {

ConvolutionBackbone::ConvolutionBackbone()
    : parameters_(std::make_shared<nn::ParameterStore>(std::vector<nn::ParameterSpec>{
          {.name = "conv.weight", .shape = {8, 3, 3, 3}, .start = nn::glorot_uniform({27, 8})},
          {.name = "conv.bias", .shape = {8}},
          {.name = "head.weight", .shape = {1, 8}, .start = nn::glorot_uniform({8, 1})},
          {.name = "running_mean", .shape = {}, .role = nn::Role::buffer}})) {}

at::Tensor ConvolutionBackbone::pooled(const at::Tensor& images) const {
  return at::conv2d(images, parameters_->at("conv.weight"), parameters_->at("conv.bias"))
      .relu()
      .mean({2, 3});
}

runtime::NamedTensors ConvolutionBackbone::features(const runtime::NamedTensors& inputs,
                                                    at::ScalarType /*compute*/) const {
  return {{"pooled", pooled(inputs.at("images"))}};
}

std::vector<optim::ParameterGroup> SmallSystem::parameter_groups(double weight_decay) {
  return optim::pretraining_groups(parameters(), weight_decay);
}

methods::StepDraws SmallSystem::draw(const data::Batch& batch,
                                     const methods::DrawContext& context) const {
  at::Tensor noise = at::empty({batch.size()}, at::kFloat);
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    core::Random random({.seed = context.seed,
                         .epoch = static_cast<std::uint32_t>(context.epoch),
                         .sample = static_cast<std::uint64_t>(batch.sample_ids.at(i))});
    noise[i] = 0.1 * random.uniform(-1, 1);
  }
  return {{"noise", noise}};
}

methods::StepResult SmallSystem::training_step(const data::Batch& batch,
                                               const methods::StepDraws& draws,
                                               const methods::StepContext& /*context*/) {
  const at::Tensor &numbers = batch.tensors.at(kNumbers), &offsets = batch.offsets.at(kNumbers);
  const at::Tensor counts = offsets.diff(), owner = at::repeat_interleave(counts);
  const at::Tensor target =
      at::zeros({batch.size()}).index_add(0, owner, numbers.flatten()) + draws.at("noise");
  const at::Tensor& running = parameters().at("running_mean");
  const at::Tensor images = batch.tensors.at("images").to(at::kFloat) / 255;
  const at::Tensor predicted =
      at::linear(backbone_->pooled(images), parameters().at("head.weight")).flatten();
  const at::Tensor error = predicted - target - running.clone();
  running.mul_(0.9).add_(target.mean(), 0.1);
  return {error.square().mean(),
          {{"numbers", counts.to(at::kFloat).mean()}, {"error", error.detach().abs().mean()}}};
}

void SmallSystem::begin_stage(std::int64_t stage) {
  backbone_ = std::make_unique<ConvolutionBackbone>();
  parameters().initialise(/*seed=*/7, static_cast<std::uint32_t>(stage));
}

methods::BackboneFile SmallSystem::backbone_file() const {
  return {R"({"kind":"convolution"})", backbone_->parameters()->named()};
}

runtime::NamedTensors SmallSystem::state() const {
  return methods::with_prefix("student.", backbone_->parameters()->named());
}

void SmallSystem::load_state(std::int64_t stage, const runtime::NamedTensors& state) {
  begin_stage(stage);
  parameters().copy_from(methods::without_prefix("student.", state));
}

methods::ModelFacts SmallSystem::facts() const {
  return {.parts = {{.name = "encoder", .parameters = backbone_->parameters()->parameter_count()}}};
}

}  // namespace dbot::test
