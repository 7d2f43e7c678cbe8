// What a classifier shows of itself: its file, its size, and what a step computes.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <span>
#include <utility>

#include "dbot/data/move_batch.h"
#include "dbot/methods/classification/batch_labels.h"
#include "dbot/methods/classification/classification.h"
#include "dbot/methods/classification/label_step.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/mixing_draws.h"

namespace dbot::methods {

exchange::EncoderDescription Classification::description() const {
  return {.config = config_.encoder,
          .mean = config_.mean,
          .std = config_.std,
          .value_range = config_.value_range,
          .origins = origins_,
          .head = exchange::HeadDescription{config_.pooling, config_.classes}};
}

std::string Classification::describe_backbone() const {
  return exchange::to_json(description());
}

BackboneFile Classification::backbone_file() const {
  BackboneFile file{describe_backbone(), {}};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    file.tensors.emplace(name, tensor.detach().to(at::kFloat));
  }
  file.tensors = runtime::on_host(std::move(file.tensors));
  return file;
}

ModelFacts Classification::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, head{.name = "head"};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    (name.starts_with("head.") ? head : encoder).parameters += tensor.numel();
  }
  const std::int64_t tokens = config_.encoder.patches() + 1;
  ModelFacts facts{.parts = {encoder, head}, .tokens = tokens, .visible_tokens = tokens};
  if (!channels_rule_.empty()) facts.rows.emplace_back("start", channels_rule_);
  return facts;
}

Cost Classification::cost() const {
  const nn::EncoderConfig& encoder = config_.encoder;
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const double patches = number(encoder.patches()), width = number(encoder.width);
  const double forward =
      embedding_multiply_adds(encoder, patches) +
      block_multiply_adds(patches + 1, width, number(encoder.depth), encoder.mlp_ratio) +
      width * number(std::ssize(config_.classes));
  return {.operations = 2.0 * 3.0 * forward};
}

void Classification::visit_step(const data::Batch& batch, const StepDraws& draws,
                                runtime::Precision precision, const StepVisitor& visit) const {
  const at::NoGradGuard no_grad;
  const data::Mix mix = drawn_mix(draws);
  const nn::VisionTransformer& encoder = network_->encoder();
  const data::Batch there = data::move_to(batch, network_->parameters()->device());
  at::Tensor tokens = encoder.embed(seen_images(there, mix));
  visit("encoder", "the patch embedding", tokens);
  const auto blocks = encoder.block_weights();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    tokens = encoder.blocks(tokens, std::span(&blocks[i], 1), runtime::compute_type(precision));
    visit("encoder", fmt::format("the result of block {}", i), tokens);
  }
  const at::Tensor features = network_->pooled(tokens), logits = network_->logits(features);
  visit("head", "the features", features);
  visit("head", "the logits", logits);
  visit("head", "the loss", label_loss(logits, labels_of(batch), config_, mix));
}

}  // namespace dbot::methods
