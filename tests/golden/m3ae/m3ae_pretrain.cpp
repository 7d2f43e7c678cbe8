#include "dbot/exchange/joint/flax_names.h"
#include "dbot/methods/image_text/image_text.h"
#include "dbot/ops/patchify.h"
#include "tests/golden/m3ae/joint_networks.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

using methods::ImageText;
using methods::JointExtent;

/// The method with the file's weights.
std::unique_ptr<ImageText> joint_method(const Fixture& fixture,
                                        const methods::ImageTextConfig& config,
                                        Comparison& comparison) {
  auto method = std::make_unique<ImageText>(config);
  method->begin_stage(0);
  const auto weights = exchange::joint_from_flax(fixture.with_prefix("w."), fixture.path.string());
  method->parameters().copy_from(weights, /*partial=*/true);
  for (const auto& spec : method->parameters().specs()) {
    comparison.truth("the file has " + spec.name, !spec.trainable() || weights.contains(spec.name));
  }
  return method;
}

data::Batch captioned_images(const Fixture& fixture) {
  data::Batch batch;
  if (fixture.has("input.image_nhwc")) {
    batch.tensors["images"] = channels_first(fixture.at("input.image_nhwc"));
  }
  if (fixture.has("input.text")) {
    batch.tensors["text_ids"] = fixture.at("input.text");
    batch.tensors["text_padding"] = fixture.at("input.text_padding_mask");
  }
  const std::int64_t samples = batch.tensors.begin()->second.size(0);
  for (std::int64_t i = 0; i < samples; ++i) batch.sample_ids.push_back(i);
  return batch;
}

/// One row of noise for all samples, as upstream draws it.
methods::StepDraws joint_noise_of(const Fixture& fixture, std::int64_t samples) {
  methods::StepDraws draws;
  for (const char* kind : {"image", "text"}) {
    const std::string name = std::string("input.") + kind + "_noise";
    if (!fixture.has(name)) continue;
    const at::Tensor& noise = fixture.at(name);
    draws[std::string(kind) + "_noise"] = noise.expand({samples, noise.size(0)}).contiguous();
  }
  return draws;
}

void compare_joint_mask(const std::string& kind, const masking::Mask& mask,
                        Comparison& comparison) {
  comparison.exact(kind + "_mask", mask.mask);
  for (std::int64_t sample = 0; sample < mask.ids_restore.size(0); ++sample) {
    comparison.exact(kind + "_ids_restore", mask.ids_restore[sample]);
  }
}

/// What has a name in the file is compared, and must be there.
void compare_joint_figures(const Fixture& fixture, const std::string& ending,
                           const methods::JointFigures& figures, Comparison& comparison) {
  const auto compare = [&](const std::string& name, const at::Tensor& value) {
    if (!fixture.has(name)) return;
    comparison.truth(name + " is computed", value.defined());
    if (value.defined()) comparison.elements(name, value.reshape({1}), element_limits::loss);
  };
  compare("loss_image" + ending, figures.image);
  compare("loss_text" + ending, figures.text);
  compare("loss_text_acc" + ending, figures.accuracy);
}

void compare_joint_forward(const Fixture& fixture, const ImageText::Forward& step,
                           Comparison& comparison) {
  const methods::JointPass& pass = *step.paired;
  const auto value = element_limits::value;
  comparison.elements("cls_latent", pass.visible.cls(pass.latent), value);
  if (pass.image_mask) {
    compare_joint_mask("image", *pass.image_mask, comparison);
    comparison.elements("image_latent", pass.visible.image(pass.latent), value);
    comparison.elements("image_pred", pass.image_prediction, value);
  }
  if (pass.text_mask) {
    compare_joint_mask("text", *pass.text_mask, comparison);
    comparison.elements("text_latent", pass.visible.text(pass.latent), value);
    comparison.elements("text_logits", pass.text_logits, value);
  }
  compare_joint_figures(fixture, "", pass.hidden, comparison);
  compare_joint_figures(fixture, "_all", pass.whole, comparison);
  comparison.elements("loss_total", step.loss.reshape({1}), element_limits::loss);
}

void compare_joint_gradients(const Fixture& fixture, nn::ParameterStore& parameters,
                             Comparison& comparison) {
  runtime::NamedTensors gradients;
  for (const auto& spec : parameters.specs()) {
    if (spec.trainable()) gradients[spec.name] = parameters.at(spec.name).grad();
  }
  for (const auto& [name, gradient] : exchange::joint_to_flax(gradients)) {
    comparison.truth("grad." + name + " exists", fixture.has("grad." + name));
    comparison.gradient("grad." + name, gradient, element_limits::gradient);
  }
}

/// A step reads what was hidden alone: the same loss and the same gradients.
void compare_joint_step(const Fixture& fixture, ImageText& method, const data::Batch& batch,
                        const methods::StepDraws& draws, Comparison& comparison) {
  method.parameters().zero_gradients();
  const auto step = method.training_step(batch, draws, {});
  comparison.elements("loss_total", step.loss.reshape({1}), element_limits::loss);
  step.loss.backward();
  compare_joint_gradients(fixture, method.parameters(), comparison);
}

}  // namespace

void check_m3ae_pretrain(const Fixture& fixture, Comparison& comparison) {
  const methods::ImageTextConfig config = joint_config(fixture);
  const auto method = joint_method(fixture, config, comparison);
  const data::Batch batch = captioned_images(fixture);
  const methods::StepDraws draws = joint_noise_of(fixture, batch.size());
  if (fixture.has("input.patches")) {
    comparison.exact("input.patches",
                     ops::patchify(batch.tensors.at("images"), config.encoder.patch_size));
  }
  method->parameters().zero_gradients();
  const auto step =
      method->forward(batch, draws, runtime::Precision::fp32, JointExtent::all_tokens);
  compare_joint_forward(fixture, step, comparison);
  step.loss.backward();
  compare_joint_gradients(fixture, method->parameters(), comparison);
  compare_joint_step(fixture, *method, batch, draws, comparison);
}

}  // namespace dbot::golden
