#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>

#include <utility>

#include "dbot/methods/mixture_separation/mixture_separation.h"
#include "dbot/methods/state_names.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using methods::MixtureSeparation;

methods::MixtureSeparationConfig mixture_config(const Fixture& fixture) {
  const runtime::NamedTensors weights = fixture.with_prefix("w.");
  const auto network =
      student_config(fixture.config, fixture.peek("input.image1").size(1), weights);
  methods::MixtureSeparationConfig config;
  config.encoder = network.encoder;
  config.encoder.layer_norm_eps = fixture.config.at("ln_eps").get<double>();
  config.decoder = network.decoder;
  config.mask_ratio = fixture.config.at("mask_ratio").get<double>();
  config.layers = fixture.config.at("branches").get<std::int64_t>();
  return config;
}

std::unique_ptr<MixtureSeparation> mixture_method(const Fixture& fixture,
                                                  const methods::MixtureSeparationConfig& config) {
  runtime::NamedTensors state;
  state.merge(methods::with_prefix("student.", fixture.with_prefix("w.")));
  state.merge(methods::with_prefix("teacher.", fixture.with_prefix("teacher.")));
  for (const char* network : {"student.description", "teacher.description"}) {
    state[network] = methods::description_tensor({.config = config.encoder, .mean = {}, .std = {}});
  }
  auto method = MixtureSeparation::to_be_loaded(config);
  method->load_state(/*stage=*/0, state);
  return method;
}

data::Batch pairs_of(const Fixture& fixture) {
  data::Batch batch;
  batch.tensors = {{"images", fixture.at("input.image1")},
                   {"partner.images", fixture.at("input.image2")}};
  for (std::int64_t i = 0; i < batch.tensors.at("images").size(0); ++i) {
    batch.sample_ids.push_back(i);
  }
  return batch;
}

methods::StepDraws draws_at(const Fixture& fixture, std::int64_t lam) {
  return {{"mask_noise", fixture.at("input.noise")},
          {"lam", fixture.at("input.lams").narrow(0, lam, 1)}};
}

/// Masks, latents and predictions of one mixing weight, and its losses.
void compare_forward(const MixtureSeparation::Forward& step, const std::string& lam,
                     Comparison& comparison) {
  const auto value = element_limits::value;
  comparison.exact("mask", step.mask.mask);
  comparison.exact("ids_restore", step.mask.ids_restore);
  comparison.elements(lam + "_latent", step.latent, value);
  for (std::size_t i = 0; i < step.separated.size(); ++i) {
    const std::string branch = std::to_string(i);
    comparison.elements(lam + "_branch_latent_" + branch, step.separated[i], value);
    comparison.elements(lam + "_pred_" + branch, step.predictions[i], value);
  }
  comparison.elements("loss_rec_" + lam, step.reconstruction, element_limits::loss);
  comparison.elements("loss_distill_" + lam, step.distillation, element_limits::loss);
  comparison.elements("loss_total_" + lam, step.loss, element_limits::loss);
}

void compare_teacher(const Fixture& fixture, const MixtureSeparation& method,
                     const masking::Mask& mask, Comparison& comparison) {
  for (const char* image : {"1", "2"}) {
    const at::Tensor latents = method.teacher()->latents(
        fixture.at(std::string("input.image") + image), mask.ids_keep, at::kFloat, {}, {});
    comparison.elements(std::string("teacher_latent_") + image, latents, element_limits::value);
  }
}

void compare_mixture_gradients(const Fixture& fixture, const nn::ParameterStore& parameters,
                               const std::string& of, Comparison& comparison) {
  for (const auto& spec : parameters.specs()) {
    if (!spec.trainable()) continue;
    const std::string name = "grad." + spec.name;
    comparison.truth(name + " exists" + of, fixture.has(name));
    comparison.gradient(name, parameters.at(spec.name).grad(), element_limits::gradient);
  }
}

/// The same pair the other way round, at a weight above one half: same loss, same gradients.
void compare_swapped(const Fixture& fixture, MixtureSeparation& method, Comparison& comparison) {
  data::Batch swapped = pairs_of(fixture);
  std::swap(swapped.tensors.at("images"), swapped.tensors.at("partner.images"));
  methods::StepDraws draws = draws_at(fixture, 0);
  draws["lam"] = 1 - draws.at("lam");
  method.parameters().zero_gradients();
  const auto step = method.forward(swapped, draws, runtime::Precision::fp32);
  comparison.elements("loss_total_lam0", step.loss, element_limits::loss);
  step.loss.backward();
  compare_mixture_gradients(fixture, method.parameters(), ", swapped", comparison);
}

}  // namespace

void check_imae_pretrain(const Fixture& fixture, Comparison& comparison) {
  const methods::MixtureSeparationConfig config = mixture_config(fixture);
  methods::MixtureSeparationConfig with_mixture = config, standardised = config;
  with_mixture.distill_target = methods::DistillTarget::mixture;
  standardised.normalisation = objectives::Normalisation::patch;
  const auto method = mixture_method(fixture, config);
  const data::Batch batch = pairs_of(fixture);
  const std::int64_t lams = fixture.at("input.lams").size(0);
  for (std::int64_t i = 0; i < lams; ++i) {
    const std::string lam = "lam" + std::to_string(i);
    const methods::StepDraws draws = draws_at(fixture, i);
    const auto fp32 = runtime::Precision::fp32;
    method->parameters().zero_gradients();
    const auto step = method->forward(batch, draws, fp32);
    compare_forward(step, lam, comparison);
    const auto shorter =
        method->forward(batch, draws, fp32, MixtureSeparation::Extent::masked_patches);
    comparison.elements("loss_total_" + lam, shorter.loss, element_limits::loss);
    for (const auto extent :
         {MixtureSeparation::Extent::all_patches, MixtureSeparation::Extent::masked_patches}) {
      comparison.elements(
          "loss_rec_normpix_" + lam,
          mixture_method(fixture, standardised)->forward(batch, draws, fp32, extent).reconstruction,
          element_limits::loss);
    }
    comparison.elements("loss_total_releasebug_" + lam,
                        mixture_method(fixture, with_mixture)->forward(batch, draws, fp32).loss,
                        element_limits::loss);
    if (i > 0) continue;
    step.loss.backward();
    compare_mixture_gradients(fixture, method->parameters(), "", comparison);
    compare_teacher(fixture, *method, step.mask, comparison);
    comparison.exact("ids_shuffle",
                     at::argsort(step.mask.ids_restore, /*stable=*/true, 1, /*descending=*/false));
    for (const auto& spec : method->teacher()->parameters().specs()) {
      comparison.truth("no gradient of the teacher's " + spec.name,
                       !method->teacher()->parameters().at(spec.name).requires_grad());
    }
  }
  compare_swapped(fixture, *method, comparison);
}

}  // namespace dbot::golden
