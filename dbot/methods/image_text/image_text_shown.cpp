// What an M3AE shows of itself: its backbone as a file, its size, what a step computes.
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include "dbot/data/move_batch.h"
#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/image_text/image_text.h"

namespace dbot::methods {
namespace {

constexpr std::size_t kShownNames = 12;

/// "cls_token, image_type, … and all biases": what has no weight decay, in the network's order.
std::string without_decay(const nn::ParameterStore& parameters) {
  std::string text;
  std::size_t named = 0;
  for (const nn::ParameterSpec& spec : parameters.specs()) {
    if (!spec.trainable() || spec.decayed() || spec.name.ends_with(".bias")) continue;
    if (named++ >= kShownNames) break;
    text += spec.name + ", ";
  }
  return text + "all biases";
}

}  // namespace

exchange::EncoderDescription ImageText::description() const {
  return {.config = joint_network(config_).encoder,
          .mean = config_.mean,
          .std = config_.std,
          .value_range = config_.value_range,
          .origins = origins_};
}

std::string ImageText::describe_backbone() const {
  return exchange::to_json(description());
}

BackboneFile ImageText::backbone_file() const {
  return {describe_backbone(), runtime::on_host(backbone().image_tensors())};
}

ModelFacts ImageText::facts() const {
  ModelFacts::Part encoder{.name = "encoder"}, decoder{.name = "decoder"}, words{.name = "words"};
  for (const auto& [name, tensor] : network_->parameters()->named()) {
    const bool of_decoder = name.starts_with("decoder") || name.ends_with("_mask_token");
    auto& part = name.starts_with("text_embed") ? words : of_decoder ? decoder : encoder;
    part.parameters += tensor.numel();
  }
  const std::int64_t patches = config_.reads_images() ? config_.encoder.patches() : 0;
  const std::int64_t text = config_.reads_captions() ? config_.text_length : 0;
  const auto kept = [&](std::int64_t tokens, std::int64_t visible) {
    return tokens > 0 ? visible : 0;
  };
  ModelFacts facts{
      .parts = {encoder, decoder, words},
      .tokens = 1 + patches + text,
      .visible_tokens = 1 + kept(patches, patches_kept()) + kept(text, words_kept(text))};
  facts.rows = {{"weights of the loss",
                 fmt::format("image {:g}, text {:g}, unpaired text {:g}", config_.image_weight,
                             config_.text_weight, config_.unpaired_weight)},
                {"without weight decay", without_decay(*network_->parameters())}};
  if (config_.start == StartKind::file) facts.rows.emplace_back("start", config_.start_path);
  return facts;
}

Cost ImageText::cost() const {
  const nn::JointConfig network = joint_network(config_);
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  const double width = number(network.encoder.width), inner = number(network.decoder.width);
  const double ratio = network.encoder.mlp_ratio;
  const auto head = [&](double tokens, double outputs) {
    return tokens * inner * (number(network.head_depth) * inner + outputs);
  };
  const auto pass = [&](std::int64_t patches, std::int64_t words) {
    const double seen_patches = patches > 0 ? number(patches_kept()) : 0;
    const double seen_words = words > 0 ? number(words_kept(words)) : 0;
    const double visible = 1 + seen_patches + seen_words, all = 1 + number(patches + words);
    return embedding_multiply_adds(network.encoder, seen_patches) +
           block_multiply_adds(visible, width, number(network.encoder.depth), ratio) +
           visible * width * inner +
           block_multiply_adds(all, inner, number(network.decoder.depth), ratio) +
           head(number(patches) - seen_patches, number(network.patch_width())) +
           head(number(words) - seen_words, number(network.vocabulary));
  };
  double forward = 0;
  if (config_.reads_images() || config_.reads_captions()) {
    forward += pass(config_.reads_images() ? network.encoder.patches() : 0,
                    config_.reads_captions() ? config_.text_length : 0);
  }
  if (config_.reads_unpaired()) forward += pass(0, config_.unpaired_length);
  return {.operations = 2.0 * 3.0 * forward};
}

void ImageText::visit_step(const data::Batch& batch, const StepDraws& draws,
                           runtime::Precision precision, const StepVisitor& visit) const {
  const at::NoGradGuard no_grad;
  const runtime::Device& device = network_->parameters()->device();
  StepDraws without_drop_path = runtime::move_to(draws, device);
  without_drop_path.erase("drop_path");
  const Forward step = forward(data::move_to(batch, device), without_drop_path, precision);
  const auto visit_pass = [&](const JointPass& pass, const std::string& of) {
    visit("encoder", "the embedded tokens" + of, pass.visible.values);
    const auto blocks = backbone().vision().block_weights();
    ops::TransformerBlockOptions options =
        backbone().vision().block_options(runtime::compute_type(precision));
    options.key_padding = pass.visible.padding;
    at::Tensor tokens = pass.visible.values;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      tokens = ops::transformer_block(tokens, blocks[i], options, {});
      visit("encoder", fmt::format("the result of block {}{}", i, of), tokens);
    }
    visit("encoder", "the final norm" + of, pass.latent);
    if (pass.image_prediction.defined()) {
      visit("decoder", "the predicted patches" + of, pass.image_prediction);
    }
    if (pass.text_logits.defined()) visit("decoder", "the logits" + of, pass.text_logits);
  };
  if (step.paired) visit_pass(*step.paired, "");
  if (step.unpaired) visit_pass(*step.unpaired, " of texts without an image");
  visit("decoder", "the loss", step.loss);
}

}  // namespace dbot::methods
