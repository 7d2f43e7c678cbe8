#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>

#include <fmt/format.h>

#include "dbot/masking/random_mask.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/ops/patchify.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {

void check_random_mask(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor &noise = fixture.at("in.noise"), &tokens = fixture.at("in.x");
  for (const double ratio : fixture.config.at("ratios").get<std::vector<double>>()) {
    const std::string suffix = fmt::format("_{:g}", ratio);
    const masking::Mask mask =
        masking::random_mask(noise, masking::kept_patches(noise.size(1), ratio));
    const at::Tensor kept =
        tokens.gather(1, mask.ids_keep.unsqueeze(-1).expand({-1, -1, tokens.size(2)}));
    comparison.exact("out.mask" + suffix, mask.mask);
    comparison.exact("out.ids_restore" + suffix, mask.ids_restore);
    comparison.exact("out.kept" + suffix, kept);
  }
}

void check_patchify(const Fixture& fixture, Comparison& comparison) {
  const auto patch = fixture.config.at("patch").get<std::int64_t>();
  const at::Tensor& images = fixture.at("in.images");
  const at::Tensor patches = ops::patchify(images, patch);
  comparison.exact("out.patches", patches);
  comparison.equal("unpatchify",
                   ops::unpatchify(fixture.at("out.patches"), patch, images.size(2) / patch,
                                   images.size(3) / patch, images.size(1)),
                   images);
  comparison.tensor("out.norm_target",
                    objectives::pixel_target(fixture.at("in.images_sin"), patch,
                                             objectives::Normalisation::patch),
                    limits::value);
}

void check_losses(const Fixture& fixture, Comparison& comparison) {
  const objectives::LossConfig smooth{.kind = objectives::LossKind::smooth_l1,
                                      .beta = value_or(fixture.config, "beta", 2.0)};
  const at::Tensor differences = fixture.at("in.d").unsqueeze(-1);
  comparison.tensor("out.smooth_l1_d",
                    objectives::token_loss(differences, at::zeros_like(differences), smooth),
                    limits::value);

  const at::Tensor target =
      objectives::standardise(fixture.at("in.target"), value_or(fixture.config, "var_eps", 1e-6));
  const at::Tensor prediction = fixture.at("in.pred").clone().requires_grad_(true);
  const auto loss_of = [&](const at::Tensor& aim) {
    return objectives::masked_mean(objectives::token_loss(prediction, aim, smooth),
                                   fixture.at("in.mask"));
  };
  comparison.tensor("out.target_norm", target, limits::value);
  comparison.numbers("out.loss_plain", loss_of(fixture.at("in.target")), limits::loss);
  const at::Tensor loss = loss_of(target);
  comparison.numbers("out.loss_norm", loss, limits::loss);
  loss.backward();
  comparison.tensor("out.grad_pred_norm", prediction.grad(), limits::gradient);

  objectives::LossConfig cosine{.kind = objectives::LossKind::cosine};
  cosine.cosine_eps = value_or(fixture.config, "cos_eps", 1e-6);
  const at::Tensor rows = fixture.at("in.cos_a").clone().requires_grad_(true);
  const at::Tensor distance = objectives::token_loss(rows, fixture.at("in.cos_b"), cosine).mean();
  comparison.numbers("out.negcosine", distance, limits::loss);
  distance.backward();
  comparison.tensor("out.grad_cos_a", rows.grad(), limits::gradient);
}

}  // namespace dbot::golden
