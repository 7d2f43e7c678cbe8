#include <ATen/TensorOperators.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/methods/masked_modeling/teacher_pixels.h"
#include "dbot/nn/position_table.h"
#include "dbot/nn/vit/relative_positions.h"
#include "dbot/objectives/loss.h"
#include "dbot/ops/select_tokens.h"
#include "tests/golden/distillation/maskdistill_networks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using objectives::Normalisation;
using objectives::TeacherOutput;

constexpr std::array<std::pair<const char*, Normalisation>, 4> kScales{
    {{"none", Normalisation::none},
     {"ln", Normalisation::layer_norm},
     {"var", Normalisation::variance},
     {"l2", Normalisation::l2}}};

/// "smooth_l1_b2", "mse", …
objectives::LossConfig distance_named(const std::string& name) {
  using objectives::LossKind;
  if (name == "l1") return {.kind = LossKind::l1};
  if (name == "mse") return {.kind = LossKind::mse};
  if (name == "cosine") return {.kind = LossKind::cosine, .cosine_eps = 1e-8};
  if (name == "smooth_l1_b1") return {.kind = LossKind::smooth_l1, .beta = 1};
  if (name == "smooth_l1_b2") return {.kind = LossKind::smooth_l1, .beta = 2};
  throw Error("[golden] there is no loss " + name);
}

/// The loss as training computes it of masked patches alone: "ln_smooth_l1_b1". target: as the
/// teacher gives it.
at::Tensor scaled_loss(const std::string& name, const at::Tensor& prediction,
                       const at::Tensor& target) {
  const std::string scale = name.substr(0, name.find('_'));
  const auto found = std::ranges::find_if(kScales, [&](const auto& e) { return e.first == scale; });
  if (found == kScales.end()) throw Error("[golden] there is no scale " + scale);
  const bool by_loss = objectives::is_standardised(found->second);
  return ops::mean_token_loss(
      prediction, by_loss ? target : objectives::normalised(target, found->second),
      distance_named(name.substr(name.find('_') + 1)),
      by_loss ? ops::TargetScale::standardised : ops::TargetScale::as_it_is);
}

/// The files hold tables with noise: ours has to be the one they are near to.
void compare_head_table(const Fixture& fixture, const nn::MaskedEncoder& student,
                        Comparison& comparison) {
  const auto& config = student.config();
  if (!config.decoder) return;
  const at::Tensor stored = fixture.at("w.head.pos_embed").squeeze(0).to(at::kDouble);
  const auto distance = [&](bool rows_first) {
    return (nn::sincos_table_2d(config.decoder->width, config.encoder.grid(), rows_first) - stored)
        .square()
        .mean()
        .item<double>();
  };
  comparison.truth("the head's table encodes the row first", 3 * distance(true) < distance(false));
}

void compare_relative_positions(const Fixture& fixture, const nn::MaskedEncoder& student,
                                Comparison& comparison) {
  if (!fixture.has("rel_pos_bias")) return;
  const at::Tensor index = nn::relative_position_index(student.config().encoder.grid());
  comparison.exact("relative_position_index", index);
  comparison.exact("rel_pos_bias",
                   nn::relative_position_bias(
                       student.parameters()->at("rel_pos_bias.relative_position_bias_table"), index)
                       .detach());
}

void compare_teacher(const Fixture& fixture, const at::Tensor& images, Comparison& comparison) {
  const MaskdistillTeacher teacher(fixture);
  const at::Tensor seen =
      objectives::resized_images(images, teacher.input(), objectives::ImageResize::bilinear).seen();
  comparison.elements("teacher_input", seen, element_limits::value);
  const methods::PixelStatistics imagenet{.mean = {0.485, 0.456, 0.406},
                                          .std = {0.229, 0.224, 0.225}};
  const methods::PixelStatistics clip{.mean = {0.48145466, 0.4578275, 0.40821073},
                                      .std = {0.26862954, 0.26130258, 0.27577711}};
  comparison.elements("input_renormalised", methods::renormalised(images, imagenet, clip).seen(),
                      element_limits::value);
  // The stored features are those of the images as they are.
  const auto patches = [&](TeacherOutput output, Normalisation normalisation) {
    return teacher.patches(images, output, normalisation);
  };
  comparison.elements("teacher_raw", patches(TeacherOutput::last_block, Normalisation::none),
                      element_limits::value);
  comparison.elements("teacher_ln_post", patches(TeacherOutput::ln_post, Normalisation::none),
                      element_limits::value);
  for (const auto& [name, scale] : kScales) {
    comparison.elements(std::string("target_") + name, patches(TeacherOutput::last_block, scale),
                        element_limits::value);
  }
}

void compare_losses(const Fixture& fixture, const at::Tensor& prediction, const at::Tensor& target,
                    const at::Tensor& patch_rows, Comparison& comparison) {
  const at::Tensor aim = ops::select_tokens(target, patch_rows);
  const at::Tensor leaf = prediction.detach().clone().requires_grad_(true);
  const auto loss_of = [&](const std::string& name) {
    return scaled_loss(name, ops::select_tokens(leaf, patch_rows), aim);
  };
  for (const std::string& name : fixture.names("loss_")) {
    comparison.elements("loss_" + name, loss_of(name), element_limits::loss);
  }
  for (const std::string& name : fixture.names("grad_pred.")) {
    leaf.mutable_grad().reset();
    loss_of(name).backward();
    comparison.gradient("grad_pred." + name, leaf.grad(), element_limits::gradient);
  }
}

}  // namespace

void check_maskdistill_pretrain(const Fixture& fixture, Comparison& comparison) {
  const at::Tensor& images = fixture.at("input.image");
  const at::Tensor mask = fixture.at("input.mask").flatten(1);
  const nn::MaskedEncoder student = read_maskdistill_student(fixture);
  compare_head_table(fixture, student, comparison);
  compare_relative_positions(fixture, student, comparison);
  compare_teacher(fixture, images, comparison);

  const at::Tensor tokens = student.encode(images, mask, at::kFloat);
  comparison.elements("student_tokens", tokens, element_limits::value);
  const at::Tensor prediction = student.predict(tokens, at::kFloat).slice(1, 1);
  comparison.elements("pred", prediction, element_limits::value);

  const at::Tensor rows = methods::loss_tokens(mask, /*with_cls=*/false).rows;
  const at::Tensor target =
      MaskdistillTeacher(fixture).patches(images, TeacherOutput::last_block, Normalisation::none);
  compare_losses(fixture, prediction, target, rows - 1, comparison);

  // As a step does it: of the encoder's or the decoder's last block the masked patches alone.
  const bool decoder = student.config().decoder.has_value();
  const at::Tensor latent =
      student.encode(images, mask, at::kFloat, {}, decoder ? at::Tensor() : rows);
  const at::Tensor wanted = student.predict(latent, at::kFloat, {}, decoder ? rows : at::Tensor());
  scaled_loss("ln_smooth_l1_b1", wanted, ops::select_tokens(target, rows - 1)).backward();
  for (const std::string& name : fixture.names("grad.")) {
    comparison.gradient("grad." + name, student.parameters()->at(official_name(name)).grad(),
                        element_limits::gradient);
  }
}

}  // namespace dbot::golden
