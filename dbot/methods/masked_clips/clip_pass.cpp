#include "dbot/methods/masked_clips/clip_pass.h"

#include <ATen/ops/argsort.h>

#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"

namespace dbot::methods {
namespace {

constexpr objectives::LossConfig kClipError{.kind = objectives::LossKind::mse};

/// The hidden tokens of each clip in their order, int64 [clips, hidden].
at::Tensor hidden_tokens(const masking::Mask& mask) {
  const std::int64_t hidden = mask.mask.size(1) - mask.ids_keep.size(1);
  return at::argsort(mask.mask, /*stable=*/true, 1, /*descending=*/true).slice(1, 0, hidden);
}

}  // namespace

ClipPass clip_pass(const nn::ClipAutoencoder& network, const ops::Clips& clips,
                   const masking::Mask& mask, const ClipPassSettings& settings) {
  const nn::ClipConfig& config = network.config();
  const bool all = settings.extent == ClipExtent::all_tokens;
  const at::Tensor rows = all ? at::Tensor() : hidden_tokens(mask);
  ClipPass pass;
  pass.embedded = network.encoder().embed(clips, mask.ids_keep);
  pass.latent = network.encoder().encode(pass.embedded, settings.compute).slice(1, config.prefix());
  pass.prediction = network.decode(pass.latent, mask.ids_restore, settings.compute, rows);
  pass.target = objectives::clip_target(clips, settings.target_frames,
                                        {config.predicted_per_token(), config.encoder.patch_size},
                                        objectives::Normalisation::none, rows);
  if (!all) {
    pass.loss = ops::mean_token_loss(
        pass.prediction, pass.target, kClipError,
        settings.normalised ? ops::TargetScale::standardised : ops::TargetScale::as_it_is);
    return pass;
  }
  const at::Tensor target =
      settings.normalised ? objectives::standardise(pass.target) : pass.target;
  pass.loss = objectives::masked_mean(objectives::token_loss(pass.prediction, target, kClipError),
                                      mask.mask);
  return pass;
}

}  // namespace dbot::methods
