#include <ATen/TensorOperators.h>

#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/ops/patchify.h"
#include "tests/golden/student.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

/// Every block's output, one block at a time.
void compare_activations(const Fixture& fixture, const nn::MaskedAutoencoder& student,
                         const masking::Mask& mask, Comparison& comparison) {
  const at::Tensor& images = fixture.at("in.images");
  const nn::VisionTransformer& encoder = student.encoder();
  const auto compare = [&](const std::string& name, const at::Tensor& ours) {
    if (fixture.has(name)) comparison.tensor(name, ours, limits::value);
  };
  compare("act.patch_embed",
          (encoder.embed(images) - student.parameters()->at("pos_embed")).slice(1, 1));
  at::Tensor tokens = encoder.embed(images, mask.ids_keep);
  const nn::EncoderConfig& config = encoder.config();
  for (std::size_t i = 0; i < encoder.block_weights().size(); ++i) {
    tokens = ops::transformer_block(tokens, encoder.block_weights()[i],
                                    {config.heads, config.layer_norm_eps, at::kFloat}, {});
    compare("act.block" + std::to_string(i), tokens);
  }
  tokens = student.decoder_tokens(encoder.norm(tokens), mask.ids_restore, at::kFloat);
  for (std::size_t i = 0; i < student.decoder_blocks().size(); ++i) {
    tokens = ops::transformer_block(tokens, student.decoder_blocks()[i],
                                    student.decoder_options(at::kFloat), {});
    compare("act.decoder_block" + std::to_string(i), tokens);
  }
}

}  // namespace

void check_mae_forward(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& images = fixture.at("in.images");
  const runtime::NamedTensors weights = fixture.with_prefix("w.");
  const auto config = student_config(fixture.config, images.size(1), weights);
  const nn::MaskedAutoencoder student = make_student(config, weights);
  const std::int64_t kept = masking::kept_patches(config.encoder.patches(),
                                                  fixture.config.at("mask_ratio").get<double>());
  const masking::Mask mask = masking::random_mask(fixture.at("in.noise"), kept);
  comparison.exact("out.mask", mask.mask);
  comparison.exact("out.ids_restore", mask.ids_restore);
  comparison.exact("out.patches", ops::patchify(images, config.encoder.patch_size));
  compare_activations(fixture, student, mask, comparison);

  const objectives::LossConfig mse{.kind = objectives::LossKind::mse};
  for (const bool normalised : {false, true}) {
    const std::string kind = normalised ? "norm" : "raw";
    student.parameters()->zero_gradients();
    const at::Tensor latent = student.encode(images, mask.ids_keep, at::kFloat);
    const at::Tensor prediction = student.decode(latent, mask.ids_restore, at::kFloat).slice(1, 1);
    const at::Tensor target = objectives::pixel_target(
        images, config.encoder.patch_size,
        normalised ? objectives::Normalisation::patch : objectives::Normalisation::none);
    const at::Tensor loss =
        objectives::masked_mean(objectives::token_loss(prediction, target, mse), mask.mask);
    comparison.tensor("out.latent", latent, limits::value);
    comparison.tensor("out.pred", prediction, limits::value);
    if (fixture.has("out.loss_" + kind)) {
      comparison.numbers("out.loss_" + kind, loss, limits::loss);
    }
    loss.backward();
    compare_gradients(fixture, "g_" + kind + ".", *student.parameters(), comparison);
  }
}

}  // namespace dbot::golden
