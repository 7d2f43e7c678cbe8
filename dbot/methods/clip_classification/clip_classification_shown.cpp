// What a classifier of clips shows of itself: its file, its size, and what a step computes.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <utility>

#include "dbot/data/move_batch.h"
#include "dbot/methods/classification/label_step.h"
#include "dbot/methods/clip_classification/clip_classification.h"
#include "dbot/methods/masked_clips/clip_costs.h"
#include "dbot/methods/masked_clips/clip_text.h"
#include "dbot/methods/mixing_draws.h"

namespace dbot::methods {

exchange::ClipDescription ClipClassification::description() const {
  return {.config = clip_network(config_),
          .mean = config_.mean,
          .std = config_.std,
          .value_range = config_.value_range,
          .origins = origins_,
          .head = exchange::HeadDescription{nn::Pooling::mean, config_.classes}};
}

std::string ClipClassification::describe_backbone() const {
  return exchange::to_json(description());
}

BackboneFile ClipClassification::backbone_file() const {
  BackboneFile file{describe_backbone(), {}};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    file.tensors.emplace(name, tensor.detach().to(at::kFloat));
  }
  file.tensors = runtime::on_host(std::move(file.tensors));
  return file;
}

ModelFacts ClipClassification::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, head{.name = "head"};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    (name.starts_with("head.") ? head : encoder).parameters += tensor.numel();
  }
  const std::int64_t tokens = config_.network.prefix() + config_.network.tokens();
  ModelFacts facts{.parts = {encoder, head}, .tokens = tokens, .visible_tokens = tokens};
  facts.rows = {{"clips", clip_text(config_.network, config_.repeats)}};
  if (config_.start != ClipStart::random) {
    facts.rows.emplace_back("start", first_.told(config_.start_path));
  }
  return facts;
}

Cost ClipClassification::cost() const {
  const auto tokens = static_cast<double>(config_.network.tokens());
  const double head = static_cast<double>(config_.network.encoder.width) *
                      static_cast<double>(std::ssize(config_.classes));
  const double forward =
      head + clip_multiply_adds(clip_network(config_), {.embedded = tokens, .visible = tokens});
  return {.operations = 2.0 * 3.0 * forward * static_cast<double>(config_.repeats)};
}

void ClipClassification::visit_step(const data::Batch& batch, const StepDraws& draws,
                                    runtime::Precision precision, const StepVisitor& visit) const {
  const at::NoGradGuard no_grad;
  const data::Mix mix = drawn_mix(draws);
  const nn::ClipEncoder& encoder = network_->encoder();
  const data::Batch there = data::move_to(batch, network_->parameters()->device());
  at::Tensor tokens = encoder.embed(mixed_clips(there, mix));
  visit("encoder", "the embedded tokens", tokens);
  const auto blocks = encoder.block_weights();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tokens = ops::transformer_block(tokens, blocks[i],
                                    encoder.block_options(runtime::compute_type(precision)), {});
    visit("encoder", fmt::format("the result of block {}", i), tokens);
  }
  const at::Tensor features = network_->pooled(tokens), logits = network_->logits(features);
  visit("head", "the features", features);
  visit("head", "the logits", logits);
  visit("head", "the loss", label_loss(logits, clip_labels(batch), config_, mix));
}

}  // namespace dbot::methods
