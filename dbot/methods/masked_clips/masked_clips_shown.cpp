// What masked clips show of themselves: the backbone as a file, sizes, what a step computes.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "dbot/data/move_batch.h"
#include "dbot/methods/masked_clips/clip_costs.h"
#include "dbot/methods/masked_clips/clip_text.h"
#include "dbot/methods/masked_clips/masked_clips.h"
#include "dbot/nn/clip/clip_parameters.h"

namespace dbot::methods {
exchange::ClipDescription MaskedClips::description() const {
  return {.config = shape_,
          .mean = config_.mean,
          .std = config_.std,
          .value_range = config_.value_range,
          .origins = origins_};
}

std::string MaskedClips::describe_backbone() const {
  return exchange::to_json(description());
}

BackboneFile MaskedClips::backbone_file() const {
  BackboneFile file{describe_backbone(), {}};
  for (const nn::ParameterSpec& spec : nn::clip_encoder_parameters(shape_)) {
    file.tensors[spec.name] = network_->parameters()->at(spec.name).detach();
  }
  file.tensors = runtime::on_host(std::move(file.tensors));
  return file;
}

ModelFacts MaskedClips::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, decoder{.name = "decoder"};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    const bool of_decoder = name.starts_with("decoder") || name == "mask_token";
    (of_decoder ? decoder : encoder).parameters += tensor.numel();
  }
  const std::int64_t prefix = shape_.prefix();
  ModelFacts facts{.parts = {encoder, decoder},
                   .tokens = prefix + shape_.tokens(),
                   .visible_tokens = prefix + visible()};
  const bool patch = config_.normalisation == PixelScale::patch;
  facts.objectives = {
      {.target = "pixels", .loss = "mse", .normalisation = patch ? "patch" : "none"}};
  facts.rows = {{"clips", clip_text(config_.network, config_.repeats)},
                {"predicted frames", fmt::format("{}", fmt::join(predicted_frames(), ", "))}};
  if (config_.start != ClipStart::random) {
    facts.rows.emplace_back("start", first_.told(config_.start_path));
  }
  return facts;
}

Cost MaskedClips::cost() const {
  const auto seen = static_cast<double>(visible());
  const double forward =
      clip_multiply_adds(shape_, {.embedded = seen,
                                  .visible = seen,
                                  .predicted = static_cast<double>(shape_.tokens()) - seen});
  return {.operations = 2.0 * 3.0 * forward * static_cast<double>(config_.repeats)};
}

void MaskedClips::visit_step(const data::Batch& batch, const StepDraws& draws,
                             runtime::Precision precision, const StepVisitor& visit) const {
  const at::NoGradGuard no_grad;
  const at::ScalarType compute = runtime::compute_type(precision);
  const runtime::Device& device = network_->parameters()->device();
  const Forward step =
      forward(data::move_to(batch, device), runtime::move_to(draws, device), precision);
  const auto visit_blocks = [&](const std::string& part, at::Tensor tokens, const auto& blocks,
                                const ops::TransformerBlockOptions& options) {
    visit(part, "the embedded tokens", tokens);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      tokens = ops::transformer_block(tokens, blocks[i], options, {});
      visit(part, fmt::format("the result of block {}", i), tokens);
    }
  };
  visit_blocks("encoder", step.pass.embedded, backbone().block_weights(),
               backbone().block_options(compute));
  visit("encoder", "the final norm", step.pass.latent);
  visit_blocks("decoder",
               network_->decoder_tokens(step.pass.latent, step.mask.ids_restore, compute),
               network_->decoder_blocks(), network_->decoder_options(compute));
  visit("decoder", "the prediction", step.pass.prediction);
  visit("target", "the pixels", step.pass.target);
  visit("decoder", "the loss", step.pass.loss);
}

}  // namespace dbot::methods
