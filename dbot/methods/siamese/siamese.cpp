#include "dbot/methods/siamese/siamese.h"

#include <ATen/TensorOperators.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/methods/siamese/siamese_draws.h"
#include "dbot/methods/surroundings.h"

namespace dbot::methods {
namespace {

/// The second view of a batch, [batch, channels, height, width].
at::Tensor second_view(const data::Batch& batch) {
  const auto views = batch.tensors.find(kFurtherViews);
  if (views == batch.tensors.end()) {
    throw UsageError({.operation = "siamese",
                      .subject = "a batch",
                      .fault = Fault::missing,
                      .reason = "has no second view of its images",
                      .way_out = "load one beside the first (data::ViewConfig)"});
  }
  return views->second.select(1, 0);
}

}  // namespace

at::Tensor seen_view(const at::Tensor& pixels, const SiameseConfig& config) {
  if (pixels.scalar_type() != at::kByte) return pixels;
  return data::normalise(pixels.contiguous(), config.mean, config.std);
}

Siamese::Siamese(SiameseConfig config) : config_(std::move(config)) {}

void Siamese::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
}

void Siamese::begin_stage(std::int64_t /*stage*/) {
  if (networks_) return;
  networks_ = std::make_unique<SiameseNetworks>(config_);
  networks_->initialise(config_.seed);
}

void Siamese::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  networks_ = std::make_unique<SiameseNetworks>(config_);
  networks_->load_state(state);
}

std::vector<optim::ParameterGroup> Siamese::parameter_groups(double weight_decay) {
  auto groups = optim::pretraining_groups(networks_->trained(), weight_decay);
  std::erase_if(groups, [](const auto& group) { return group.values.numel() == 0; });
  return groups;
}

StepDraws Siamese::draw(const data::Batch& batch, const DrawContext& context) const {
  return draw_siamese(config_, batch.size(), batch_draws(context));
}

StepResult Siamese::training_step(const data::Batch& batch, const StepDraws& draws,
                                  const StepContext& context) {
  const at::Tensor first = seen_view(batch.tensors.at("images"), config_);
  const at::Tensor second = seen_view(second_view(batch), config_);
  const SiameseForward forward =
      siamese_forward(config_, *networks_, first, second, draws,
                      runtime::compute_type(context.precision), nn::NormMode::training);
  if (forward.keys.defined()) networks_->enqueue(forward.keys);
  StepResult result{.loss = forward.loss, .scalars = {}};
  const SiameseTerm& base = forward.terms.front();
  result.scalars.emplace_back("base_loss", base.loss.detach());
  if (base.logits.defined()) {
    result.scalars.emplace_back("accuracy",
                                base.logits.argmax(1).eq(0).to(at::kFloat).mean() * 100);
  }
  for (const MixedView& mixed : forward.mixed) {
    result.scalars.emplace_back(mixed.name + "_share", mixed.share);
  }
  return result;
}

void Siamese::after_step(const StepContext& context) {
  networks_->move_keys(context.skipped);
}

}  // namespace dbot::methods
