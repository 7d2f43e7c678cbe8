#include "dbot/nn/joint/joint_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/nn/joint/joint_parameters.h"
#include "dbot/nn/position_table.h"
#include "dbot/ops/attention_probabilities.h"
#include "dbot/ops/indices.h"

namespace dbot::nn {
namespace {

void check_text(const TextTokens& text, const JointConfig& config) {
  const at::Tensor& ids = text.ids;
  if (ids.dim() != 2 || ids.size(1) > config.text_length || ids.sizes() != text.padding.sizes()) {
    throw Error(fmt::format(
        "[encoder] a text has {} ids and {} values of padding for {} samples, expected both as "
        "batch×length of at most {} tokens",
        ids.numel(), text.padding.numel(), ids.dim() > 0 ? ids.size(0) : 0, config.text_length));
  }
  ops::check_within("[encoder] ids of a text", ids, 0, config.vocabulary);
}

/// The input that a backbone is asked about.
JointInput input_of(const runtime::NamedTensors& inputs) {
  JointInput input;
  if (const auto images = inputs.find("images"); images != inputs.end()) {
    input.images = images->second;
    return input;
  }
  input.text = TextTokens{inputs.at("text_ids"), inputs.at("text_padding")};
  return input;
}

/// The mean of the tokens that count, [batch, width]; 0 where none does.
at::Tensor mean_token(const at::Tensor& tokens, const at::Tensor& padding) {
  if (!padding.defined()) return tokens.mean(1);
  const at::Tensor counts = padding.neg() + 1;
  return (tokens * counts.unsqueeze(-1)).sum(1) / counts.sum(1, true).clamp_min(1);
}

}  // namespace

std::int64_t JointInput::batch() const {
  if (images) return images->pixels.size(0);
  return text ? text->ids.size(0) : 0;
}

at::Tensor text_positions(std::int64_t width, std::int64_t count, const runtime::Device& device) {
  std::vector<double> positions(static_cast<std::size_t>(count));
  std::iota(positions.begin(), positions.end(), 0.0);
  return sincos_table_1d(width, positions).to(at::kFloat).to(at::Device(device));
}

JointEncoder::JointEncoder(const JointConfig& config, std::shared_ptr<ParameterStore> parameters)
    : config_(as_joint(config)),
      vision_(config_.encoder, std::move(parameters)),
      text_positions_(text_positions(config_.encoder.width, config_.text_length,
                                     vision_.parameters()->device())) {}

at::Tensor JointEncoder::embed_images(const JointInput& input) const {
  at::Tensor patches = vision_.embed_patches(*input.images, input.image_keep);
  if (config_.type_vectors) patches = patches + parameters()->at(kImageType);
  return vision_.complete(patches, input.image_keep);
}

at::Tensor JointEncoder::embed_text(const JointInput& input) const {
  const at::Tensor& keep = input.text_keep;
  const at::Tensor ids = keep.defined() ? input.text->ids.gather(1, keep) : input.text->ids;
  const at::Tensor positions = keep.defined()
                                   ? at::embedding(text_positions_, keep)
                                   : text_positions_.slice(0, 0, ids.size(1)).unsqueeze(0);
  const at::Tensor words = at::embedding(parameters()->at("text_embed.weight"), ids) + positions;
  return config_.type_vectors ? words + parameters()->at(kTextType) : words;
}

JointTokens JointEncoder::embed(const JointInput& input) const {
  if (!input.images && !input.text) {
    throw Error("[encoder] a batch has neither images nor a text, expected one of them");
  }
  JointTokens tokens;
  const std::int64_t batch = input.batch();
  tokens.values = input.images
                      ? embed_images(input)
                      : parameters()->at("cls_token").expand({batch, 1, config_.encoder.width});
  tokens.patches = tokens.values.size(1) - 1;
  if (!input.text) return tokens;
  check_text(*input.text, config_);
  const at::Tensor words = embed_text(input);
  tokens.words = words.size(1);
  tokens.values = at::cat({tokens.values, words}, 1);
  const at::Tensor& padding = input.text->padding;
  tokens.padding =
      at::cat({at::zeros({batch, 1 + tokens.patches}, padding.options()),
               input.text_keep.defined() ? padding.gather(1, input.text_keep) : padding},
              1);
  return tokens;
}

ops::TransformerBlockOptions JointEncoder::block_options(at::ScalarType compute,
                                                         const at::Tensor& padding) const {
  ops::TransformerBlockOptions options = vision_.block_options(compute);
  options.key_padding = padding;
  return options;
}

at::Tensor JointEncoder::encode(const JointTokens& tokens, at::ScalarType compute,
                                const DropPath& drop_path) const {
  return vision_.norm(run_blocks(tokens.values, vision_.block_weights(),
                                 block_options(compute, tokens.padding), drop_path));
}

runtime::NamedTensors JointEncoder::features(const runtime::NamedTensors& inputs,
                                             at::ScalarType compute) const {
  const JointInput input = input_of(inputs);
  const at::Tensor found = encode(embed(input), compute);
  return {{"cls", found.select(1, 0)},
          {"mean", mean_token(found.slice(1, 1), input.text ? input.text->padding : at::Tensor())}};
}

std::vector<BlockTokens> JointEncoder::tokens(const runtime::NamedTensors& inputs,
                                              at::ScalarType compute,
                                              std::span<const std::int64_t> wanted) const {
  const std::vector<ops::TransformerBlockWeights> weights = vision_.block_weights();
  const std::span all(weights);
  std::vector<BlockTokens> found;
  at::Tensor current = embed({.images = inputs.at("images")}).values;
  std::size_t done = 0;
  for (const std::int64_t block : wanted) {
    const auto end = static_cast<std::size_t>(block);
    current = vision_.blocks(std::move(current), all.subspan(done, end - done), compute);
    done = end;
    const at::Tensor normed = vision_.norm(current);
    const at::Tensor patches = normed.slice(1, 1);
    found.push_back({.cls = normed.select(1, 0), .patches = patches, .mean = patches.mean(1)});
  }
  return found;
}

std::optional<PatchView> JointEncoder::view_patches(const runtime::NamedTensors& inputs,
                                                    at::ScalarType compute) const {
  const std::vector<ops::TransformerBlockWeights> weights = vision_.block_weights();
  const std::span all(weights);
  const at::Tensor before = vision_.blocks(embed({.images = inputs.at("images")}).values,
                                           all.first(all.size() - 1), compute);
  const at::Tensor after = vision_.blocks(before, all.last(1), compute);
  const at::Tensor attention =
      ops::attention_probabilities(before, all.back(), block_options(compute, {}), /*queries=*/1);
  return PatchView{.grid = config_.encoder.grid(),
                   .features = vision_.norm(after).slice(1, 1),
                   .attention = attention.select(2, 0).slice(2, 1)};
}

std::string JointEncoder::describe() const {
  return fmt::format("{}, texts of {} tokens, a vocabulary of {}", vision_.describe(),
                     config_.text_length, config_.vocabulary);
}

runtime::NamedTensors JointEncoder::image_tensors() const {
  runtime::NamedTensors tensors;
  for (const ParameterSpec& spec : encoder_parameters(config_.encoder)) {
    tensors[spec.name] = parameters()->at(spec.name).detach();
  }
  if (config_.type_vectors) {
    at::Tensor& bias = tensors.at("patch_embed.proj.bias");
    bias = bias + parameters()->at(kImageType).detach().flatten();
  }
  return tensors;
}

}  // namespace dbot::nn
