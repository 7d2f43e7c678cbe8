#include <ATen/ops/tensor.h>

#include "dbot/exchange/video/mae_st_names.h"
#include "dbot/masking/space_time_mask.h"
#include "dbot/methods/masked_clips/masked_clips.h"
#include "dbot/nn/clip/clip_autoencoder.h"
#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/objectives/target_frames.h"
#include "tests/golden/mae_st/clip_networks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using objectives::Normalisation;

/// The network with the file's weights.
nn::ClipAutoencoder clip_network(const Fixture& fixture, const nn::ClipConfig& config,
                                 Comparison& comparison) {
  nn::check(config);
  auto store = std::make_shared<nn::ParameterStore>(nn::clip_parameters(config));
  const auto weights = exchange::mae_st_to_ours(fixture.with_prefix("w."), fixture.path.string());
  store->copy_from(weights);
  comparison.truth("the file has our tensors and no others",
                   weights.size() == store->specs().size());
  return nn::ClipAutoencoder(config, store);
}

masking::Mask compare_clip_mask(const Fixture& fixture, const nn::ClipConfig& config,
                                Comparison& comparison) {
  const core::Size grid = config.encoder.grid();
  const masking::SpaceTimeMaskConfig random{.ratio = fixture.config.at("mask_ratio").get<double>()};
  const masking::Mask mask = masking::space_time_mask(
      fixture.at("input.noise"), random,
      {.time = config.steps(), .height = grid.height, .width = grid.width});
  comparison.exact("ids_keep", mask.ids_keep);
  comparison.exact("ids_restore", mask.ids_restore);
  comparison.exact("mask", mask.mask);
  return mask;
}

/// The gradients of a loss by the published names; only such as the file has.
void compare_clip_gradients(const Fixture& fixture, const std::string& prefix,
                            const at::Tensor& loss, nn::ParameterStore& parameters,
                            Comparison& comparison) {
  if (fixture.names(prefix).empty()) return;
  parameters.zero_gradients();
  loss.backward();
  runtime::NamedTensors gradients;
  for (const auto& spec : parameters.specs()) {
    gradients[spec.name] = parameters.at(spec.name).grad();
  }
  for (const auto& [name, gradient] : exchange::mae_st_from_ours(gradients)) {
    comparison.gradient(prefix + name, gradient, element_limits::gradient);
  }
}

/// A step of the system reads what was hidden alone: the same losses and the same gradients.
void compare_clip_steps(const Fixture& fixture, const nn::ClipConfig& network,
                        Comparison& comparison) {
  data::Batch batch;
  batch.tensors["clips"] = fixture.at("input.video");
  for (std::int64_t i = 0; i < fixture.at("input.video").size(0); ++i)
    batch.sample_ids.push_back(i);
  for (const bool normalised : {false, true}) {
    const std::string kind = normalised ? "norm" : "raw";
    methods::MaskedClipsConfig config;
    config.network = network;
    config.target_frames = network.predicted_frames;
    config.mask.ratio = fixture.config.at("mask_ratio").get<double>();
    config.normalisation = normalised ? methods::PixelScale::patch : methods::PixelScale::none;
    methods::MaskedClips method(config);
    method.begin_stage(0);
    method.parameters().copy_from(
        exchange::mae_st_to_ours(fixture.with_prefix("w."), fixture.path.string()));
    const at::Tensor loss =
        method.training_step(batch, {{"mask", fixture.at("input.noise")}}, {}).loss;
    comparison.elements("loss_" + kind, loss.reshape({1}), element_limits::loss);
    compare_clip_gradients(fixture, "grad_" + kind + ".", loss, method.parameters(), comparison);
  }
}

}  // namespace

void check_mae_st_pretrain(const Fixture& fixture, Comparison& comparison) {
  const nn::ClipConfig config = clip_config(fixture);
  const nn::ClipAutoencoder network = clip_network(fixture, config, comparison);
  const auto value = element_limits::value;
  const at::Tensor& video = fixture.at("input.video");
  comparison.elements("patch_tokens", network.encoder().embed_patches(video), value);
  if (fixture.has("pos_full")) {
    comparison.elements("pos_full", network.encoder().positions().slice(1, config.prefix()), value);
  }
  const masking::Mask mask = compare_clip_mask(fixture, config, comparison);
  const std::vector<std::int64_t> frames =
      objectives::target_frames(config.frames, config.predicted_frames);
  comparison.exact("frame_ids", at::tensor(frames, at::kLong));

  const ops::Tubelet predicted{config.predicted_per_token(), config.encoder.patch_size};
  const core::Size grid = config.encoder.grid();
  for (const bool normalised : {false, true}) {
    const std::string kind = normalised ? "norm" : "raw";
    const at::Tensor target = objectives::clip_target(
        video, frames, predicted, normalised ? Normalisation::patch : Normalisation::none);
    comparison.elements("target_" + kind, target, value);
    // Each loss has a graph of its own: a block's backward pass releases what it kept.
    const at::Tensor latent = network.encode(video, mask.ids_keep, at::kFloat);
    const at::Tensor prediction = network.decode(latent, mask.ids_restore, at::kFloat);
    comparison.elements("latent", latent, value);
    comparison.elements("pred", prediction, value);
    comparison.elements("pred_video",
                        ops::clip_from_patches(prediction, predicted, grid.height, grid.width,
                                               config.encoder.channels),
                        value);
    const at::Tensor loss = objectives::masked_mean(
        objectives::token_loss(prediction, target, {.kind = objectives::LossKind::mse}), mask.mask);
    comparison.elements("loss_" + kind, loss.reshape({1}), element_limits::loss);
    compare_clip_gradients(fixture, "grad_" + kind + ".", loss, *network.parameters(), comparison);
  }
  compare_clip_steps(fixture, config, comparison);
}

}  // namespace dbot::golden
