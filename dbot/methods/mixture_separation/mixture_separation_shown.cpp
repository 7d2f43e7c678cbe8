// What mixture separation shows of itself: its backbone as a file, its size, what a step computes.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <span>

#include "dbot/data/move_batch.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/mixture_separation/mixture_separation.h"

namespace dbot::methods {

exchange::EncoderDescription MixtureSeparation::description() const {
  return {.config = config_.encoder,
          .mean = config_.mean,
          .std = config_.std,
          .value_range = config_.value_range,
          .origins = origins_};
}

std::string MixtureSeparation::describe_backbone() const {
  return exchange::to_json(description());
}

BackboneFile MixtureSeparation::backbone_file() const {
  return {describe_backbone(),
          exchange::encoder_tensors(config_.encoder,
                                    runtime::on_host(network_->parameters()->named()))};
}

exchange::NetworkWeights MixtureSeparation::whole_network() const {
  exchange::NetworkWeights network;
  network.description = description();
  network.parameters = runtime::on_host(network_->parameters()->named());
  network.decoder = exchange::DecoderDescription{
      .config = config_.decoder,
      .predictor_name = network_->config().predictor_name,
      .mask_ratio = config_.mask_ratio,
      .normalised_pixels = config_.normalisation == objectives::Normalisation::patch,
      .embeddings = config_.layers};
  return network;
}

ModelFacts MixtureSeparation::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, decoder{.name = "decoder"},
      teacher{.name = "teacher", .frozen = true};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    const bool of_decoder = name.starts_with("decoder") || name == "mask_token";
    (of_decoder ? decoder : encoder).parameters += tensor.numel();
  }
  ModelFacts facts{.parts = {encoder, decoder},
                   .tokens = config_.encoder.patches() + 1,
                   .visible_tokens = kept() + 1};
  if (teacher_) {
    teacher.parameters = teacher_->parameters().parameter_count();
    facts.parts.push_back(teacher);
  }
  return facts;
}

Cost MixtureSeparation::cost() const {
  const nn::MaskedAutoencoderConfig& shape = network_->config();
  const nn::EncoderConfig& encoder = shape.encoder;
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const double visible = number(kept()), width = number(encoder.width);
  const double encoding =
      embedding_multiply_adds(encoder, visible) +
      block_multiply_adds(visible + 1, width, number(encoder.depth), encoder.mlp_ratio);
  const double decoding =
      decoder_multiply_adds(encoder, shape.decoder, visible + 1, number(shape.prediction_width));
  const bool clean = config_.distill_target == DistillTarget::clean;
  const double passes = !config_.distils() ? 0 : clean ? number(config_.layers) : 1;
  const double teacher = passes * (encoding + (visible + 1) * width * number(shape.decoder.width));
  return {.operations = 2.0 * (3.0 * (encoding + number(config_.layers) * decoding) + teacher)};
}

void MixtureSeparation::visit_step(const data::Batch& batch, const StepDraws& draws,
                                   runtime::Precision precision, const StepVisitor& visit) const {
  const at::NoGradGuard no_grad;
  const runtime::Device& device = network_->parameters()->device();
  const Forward step =
      forward(data::move_to(batch, device), runtime::move_to(draws, device), precision);
  visit("mixture", "the mixed images", step.mixture.mixed);
  const nn::VisionTransformer& encoder = network_->encoder();
  at::Tensor tokens = encoder.embed(step.mixture.mixed, step.mask.ids_keep);
  visit("encoder", "the patch embedding", tokens);
  const auto blocks = encoder.block_weights();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tokens = encoder.blocks(tokens, std::span(&blocks[i], 1), runtime::compute_type(precision));
    visit("encoder", fmt::format("the result of block {}", i), tokens);
  }
  visit("encoder", "the final norm", step.latent);
  for (std::size_t i = 0; i < step.separated.size(); ++i) {
    const char* image = i == 0 ? "subordinate" : "dominant";
    visit("decoder", fmt::format("the separated latents of the {} image", image),
          step.separated[i]);
    visit("decoder", fmt::format("the prediction of the {} image", image), step.predictions[i]);
  }
  if (step.distillation.defined()) visit("teacher", "the distillation", step.distillation);
  visit("decoder", "the loss", step.loss);
}

}  // namespace dbot::methods
