#include "tests/methods/small_system.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "dbot/core/random.h"
#include "dbot/methods/state_names.h"
#include "dbot/optim/layer_decay.h"

namespace dbot::test {

namespace {

nn::ParameterSpec parameter(std::string name, std::vector<std::int64_t> shape) {
  nn::ParameterSpec spec;
  spec.name = std::move(name);
  spec.shape = std::move(shape);
  if (spec.shape.size() > 1) spec.initialisation = nn::Initialisation::xavier_uniform;
  return spec;
}

}  // namespace

ConvolutionBackbone::ConvolutionBackbone()
    : parameters_(std::make_shared<nn::ParameterStore>(
          std::vector{parameter("conv.weight", {8, 3, 3, 3}), parameter("conv.bias", {8}),
                      parameter("head.weight", {1, 8})})) {}

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
  const double shift = 0.1 * methods::batch_draws(context).uniform(-1, 1);
  return {{"noise", noise}, {"shift", at::scalar_tensor(shift, at::kFloat)}};
}

at::Tensor SmallSystem::sums(const data::Batch& batch) {
  const at::Tensor& numbers = batch.tensors.at(kNumbers);
  const at::Tensor owner = at::repeat_interleave(batch.offsets.at(kNumbers).diff());
  return at::zeros({batch.size()}).index_add(0, owner, numbers.flatten());
}

at::Tensor SmallSystem::predict(const data::Batch& batch) const {
  at::Tensor images = batch.tensors.at("images").to(at::kFloat) / 255;
  if (const auto partner = batch.tensors.find("partner.images"); partner != batch.tensors.end()) {
    images = 0.9 * images + 0.1 * partner->second.to(at::kFloat) / 255;
  }
  return at::linear(backbone_->pooled(images), backbone_->parameters()->at("head.weight"))
      .flatten();
}

namespace {

class SumError final : public methods::HeldOutMeasure {
 public:
  explicit SumError(const SmallSystem& system) : system_(system) {}
  void add(const data::Batch& batch, const methods::DrawContext& /*context*/,
           runtime::Precision /*precision*/) override {
    error_ += (system_.predict(batch) - SmallSystem::sums(batch)).square().sum().item<double>();
    count_ += static_cast<double>(batch.size());
  }
  methods::HeldOutFigures figures() const override {
    return {.values = {{"error", error_ / count_}, {"count", count_}}};
  }

 private:
  const SmallSystem& system_;
  double error_ = 0, count_ = 0;
};

}  // namespace

std::unique_ptr<methods::HeldOutMeasure> SmallSystem::measure_held_out() const {
  return std::make_unique<SumError>(*this);
}

methods::StepResult SmallSystem::training_step(const data::Batch& batch,
                                               const methods::StepDraws& draws,
                                               const methods::StepContext& /*context*/) {
  const at::Tensor counts = batch.offsets.at(kNumbers).diff();
  const at::Tensor target = sums(batch) + draws.at("noise") + draws.at("shift");
  latest_ = target.mean();
  const at::Tensor error = predict(batch) - target - running_;
  return {error.square().mean(),
          {{"numbers", counts.to(at::kFloat).mean()}, {"error", error.detach().abs().mean()}}};
}

void SmallSystem::after_step(const methods::StepContext& /*context*/) {
  running_ = 0.9 * running_ + 0.1 * latest_;
}

void SmallSystem::begin_stage(std::int64_t stage) {
  backbone_ = std::make_unique<ConvolutionBackbone>();
  parameters().initialise(/*seed=*/7, static_cast<std::uint32_t>(stage));
  if (stage == 0) running_ = at::zeros({});
}

methods::BackboneFile SmallSystem::backbone_file() const {
  return {R"({"kind":"convolution"})", backbone_->parameters()->named()};
}

runtime::NamedTensors SmallSystem::state() const {
  runtime::NamedTensors state = methods::with_prefix("student.", backbone_->parameters()->named());
  state["student.running_mean"] = running_;
  return state;
}

void SmallSystem::load_state(std::int64_t stage, const runtime::NamedTensors& state) {
  begin_stage(stage);
  parameters().copy_from(methods::without_prefix("student.", state));
  running_ = state.at("student.running_mean").clone();
}

methods::ModelFacts SmallSystem::facts() const {
  return {.parts = {{.name = "encoder", .parameters = backbone_->parameters()->parameter_count()}}};
}

}  // namespace dbot::test
