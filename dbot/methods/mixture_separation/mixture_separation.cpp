#include "dbot/methods/mixture_separation/mixture_separation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/roll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/methods/mixture_separation/separation_network.h"
#include "dbot/methods/state_names.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"

namespace dbot::methods {
namespace {

constexpr objectives::LossConfig kSquaredError{.kind = objectives::LossKind::mse};

}  // namespace

MixtureSeparation::MixtureSeparation(MixtureSeparationConfig config) : config_(std::move(config)) {
  // Whether they fit shows only when they are there.
  read_start();
}

std::unique_ptr<MixtureSeparation> MixtureSeparation::to_be_loaded(MixtureSeparationConfig config) {
  std::unique_ptr<MixtureSeparation> method(new MixtureSeparation);
  method->config_ = std::move(config);
  return method;
}

void MixtureSeparation::read_start() {
  const auto read = [&](const std::string& path) {
    return load_start_autoencoder(path, config_.encoder, config_.decoder);
  };
  if (config_.start == StartKind::file && !start_) {
    start_ = read(config_.start_path);
    exchange::add_origins(origins_, start_->description.origins);
  }
  if (!config_.distils() || taught_by_) return;
  taught_by_ = config_.teacher_path.empty() ? start_ : read(config_.teacher_path);
  if (!taught_by_) {
    throw UsageError({.operation = "recipe",
                      .subject = "objective.distillation",
                      .fault = Fault::missing,
                      .reason = "needs a teacher",
                      .way_out = "name an MAE in start.path or teacher.path, or set "
                                 "objective.distillation = 0"});
  }
  require_teacher(*taught_by_);
  exchange::assume_normalisation(taught_by_->description);
  exchange::add_origins(origins_, taught_by_->description.origins);
}

void MixtureSeparation::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
}

void MixtureSeparation::make_network() {
  const auto shape =
      separation_network(config_.encoder, config_.decoder, separation_names(config_.layers));
  network_ = std::make_unique<nn::MaskedAutoencoder>(
      shape, std::make_shared<nn::ParameterStore>(nn::masked_autoencoder_parameters(shape),
                                                  config_.device));
}

void MixtureSeparation::begin_stage(std::int64_t /*stage*/) {
  if (network_) return;
  // A run that was stopped before its first checkpoint goes on from here.
  read_start();
  make_network();
  network_->parameters()->initialise(config_.seed, /*stage=*/0);
  if (start_) {
    network_->parameters()->copy_from(student_start(*start_, config_.layers), /*partial=*/true);
  }
  if (taught_by_) {
    teacher_ = std::make_unique<LatentTeacher>(taught_by_->description, taught_by_->tensors,
                                               config_.device);
  }
  start_.reset();
  taught_by_.reset();
}

std::vector<optim::ParameterGroup> MixtureSeparation::parameter_groups(double weight_decay) {
  return optim::pretraining_groups(*network_->parameters(), weight_decay);
}

std::int64_t MixtureSeparation::kept() const {
  return masking::kept_patches(config_.encoder.patches(), config_.mask_ratio);
}

StepDraws MixtureSeparation::draw(const data::Batch& batch, const DrawContext& context) const {
  return {
      {"mask_noise", masking::mask_noise(context.seed, static_cast<std::uint32_t>(context.stage),
                                         static_cast<std::uint32_t>(context.epoch),
                                         batch.sample_ids, config_.encoder.patches())},
      {"lam", lam_draws(config_.lam_scope, context, batch.sample_ids)}};
}

at::Tensor MixtureSeparation::normalised(const at::Tensor& images) const {
  if (images.scalar_type() != at::kByte) return images;
  return scales_.images(images, config_.mean, config_.std).seen();
}

Mixture MixtureSeparation::mixture_of(const data::Batch& batch, const at::Tensor& lam) const {
  const at::Tensor first = normalised(batch.tensors.at("images"));
  const auto partners = batch.tensors.find("partner.images");
  const at::Tensor second =
      partners == batch.tensors.end() ? at::roll(first, {-1}, {0}) : normalised(partners->second);
  return mix_pairs(first, second, lam);
}

at::Tensor MixtureSeparation::reconstruction_error(const at::Tensor& prediction,
                                                   const at::Tensor& image, const at::Tensor& mask,
                                                   const at::Tensor& rows) const {
  const std::int64_t patch = config_.encoder.patch_size;
  if (!rows.defined()) {
    const at::Tensor target = objectives::pixel_target(image, patch, config_.normalisation);
    return objectives::masked_mean(objectives::token_loss(prediction, target, kSquaredError), mask);
  }
  // Where the loss reads all that is predicted, it standardises the target itself.
  const at::Tensor target =
      objectives::pixel_target(image, patch, objectives::Normalisation::none, rows);
  return ops::mean_token_loss(prediction, target, kSquaredError,
                              config_.normalisation == objectives::Normalisation::none
                                  ? ops::TargetScale::as_it_is
                                  : ops::TargetScale::standardised);
}

at::Tensor MixtureSeparation::distillation_of(const Forward& step, at::ScalarType compute) const {
  const auto taught = [&](const at::Tensor& images) {
    return teacher_->latents(images, step.mask.ids_keep, compute, config_.mean, config_.std)
        .to(at::kFloat);
  };
  const bool clean = config_.distill_target == DistillTarget::clean;
  const at::Tensor of_mixture = clean ? at::Tensor() : taught(step.mixture.mixed);
  const std::array images{step.mixture.subordinate, step.mixture.dominant};
  at::Tensor sum;
  for (std::size_t i = 0; i < step.separated.size(); ++i) {
    const at::Tensor target = clean ? taught(images.at(i)) : of_mixture;
    const at::Tensor error = at::mse_loss(step.separated[i].to(at::kFloat), target);
    sum = sum.defined() ? sum + error : error;
  }
  return sum;
}

MixtureSeparation::Forward MixtureSeparation::forward(const data::Batch& batch,
                                                      const StepDraws& draws,
                                                      runtime::Precision precision,
                                                      Extent extent) const {
  const at::ScalarType compute = runtime::compute_type(precision);
  Forward step;
  step.mixture = mixture_of(batch, draws.at("lam"));
  step.mask = masking::random_mask(draws.at("mask_noise"), kept());
  step.latent = network_->encode(step.mixture.mixed, step.mask.ids_keep, compute);
  // Tokens, cls first; a random mask hides as many patches of each image.
  const at::Tensor tokens = extent == Extent::masked_patches
                                ? loss_tokens(step.mask.mask, hidden_patches(step.mask),
                                              /*with_cls=*/false)
                                      .rows
                                : at::Tensor();
  const at::Tensor patches = tokens.defined() ? tokens - 1 : tokens;
  const std::array images{step.mixture.subordinate, step.mixture.dominant};
  for (std::size_t i = 0; i < static_cast<std::size_t>(config_.layers); ++i) {
    step.separated.push_back(network_->embed_latent(step.latent, compute, i));
    const at::Tensor values =
        network_->decode_embedded(step.separated[i], step.mask.ids_restore, compute, {}, tokens);
    step.predictions.push_back(tokens.defined() ? values : values.slice(1, 1));
    step.errors.push_back(
        reconstruction_error(step.predictions[i], images.at(i), step.mask.mask, patches));
    step.reconstruction = i == 0 ? step.errors[i] : step.reconstruction + step.errors[i];
  }
  step.loss = step.reconstruction;
  if (!teacher_) return step;
  step.distillation = distillation_of(step, compute);
  step.loss = step.loss + config_.distillation * step.distillation;
  return step;
}

StepResult MixtureSeparation::training_step(const data::Batch& batch, const StepDraws& draws,
                                            const StepContext& context) {
  const Forward step = forward(batch, draws, context.precision, Extent::masked_patches);
  StepResult result{.loss = step.loss,
                    .scalars = {{"reconstruction", step.reconstruction.detach()}}};
  if (step.distillation.defined()) {
    result.scalars.emplace_back("distillation", step.distillation.detach());
  }
  return result;
}

runtime::NamedTensors MixtureSeparation::state() const {
  runtime::NamedTensors state = with_prefix("student.", network_->parameters()->named());
  state["student.description"] = description_tensor(description());
  if (!teacher_) return state;
  state.merge(with_prefix("teacher.", teacher_->parameters().named()));
  state["teacher.description"] = description_tensor(teacher_->description());
  return state;
}

void MixtureSeparation::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  origins_ = stored_description(state, "student.description", "mixture_separation").origins;
  if (config_.distils()) {
    teacher_ = std::make_unique<LatentTeacher>(
        stored_description(state, "teacher.description", "mixture_separation"),
        without_prefix("teacher.", state), config_.device);
  }
  make_network();
  network_->parameters()->copy_from(without_prefix("student.", state));
}

}  // namespace dbot::methods
