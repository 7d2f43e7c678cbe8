#include "dbot/nn/joint/joint_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/zeros.h>

#include <utility>

#include "dbot/nn/joint/output_head.h"
#include "dbot/nn/linear.h"
#include "dbot/nn/position_table.h"
#include "dbot/nn/vit/block_stack.h"
#include "dbot/ops/assemble_tokens.h"

namespace dbot::nn {
namespace {

/// Rows of the visible tokens, behind `first` others; −1 for the mask token.
at::Tensor sources_of(const at::Tensor& restore, std::int64_t kept, std::int64_t first) {
  return (restore + first).masked_fill(restore >= kept, -1);
}

/// Numbers of tokens of a modality, which begins at `first`; all of `count` where none are named.
at::Tensor rows_of(const at::Tensor& rows, std::int64_t first, std::int64_t count,
                   const JointTokens& tokens) {
  if (rows.defined()) return rows + first;
  return (at::arange(count, tokens.values.options().dtype(at::kLong)) + first)
      .expand({tokens.values.size(0), count});
}

}  // namespace

JointAutoencoder::JointAutoencoder(const JointConfig& config,
                                   std::shared_ptr<ParameterStore> parameters)
    : encoder_(config, std::move(parameters)) {
  const ParameterStore& store = *this->parameters();
  const std::int64_t width = config.decoder.width;
  for (std::int64_t block = 0; block < config.decoder.depth; ++block) {
    decoder_blocks_.push_back(block_weights(store, joint_decoder_prefix(block)));
  }
  image_table_ = sincos_table_2d(width, config.encoder.grid())
                     .to(at::kFloat)
                     .to(at::Device(store.device()))
                     .unsqueeze(0);
  text_table_ = text_positions(width, config.text_length, store.device()).unsqueeze(0);
}

at::Tensor JointAutoencoder::typed(const at::Tensor& tokens, const char* type) const {
  return config().type_vectors ? tokens + parameters()->at(type) : tokens;
}

at::Tensor JointAutoencoder::place_image(const JointTokens& visible, const at::Tensor& embedded,
                                         const JointPlaces& places) const {
  const at::Tensor cls = visible.cls(embedded);
  if (!places.image_restore.defined()) return cls.to(at::kFloat);
  // What all tokens of a modality have, visible ones and the mask token, is added to both.
  const at::Tensor own = at::cat(
      {cls.to(at::kFloat), typed(visible.image(embedded).to(at::kFloat), kDecoderImageType)}, 1);
  const at::Tensor sources = sources_of(places.image_restore, visible.patches, 1);
  const at::Tensor of_cls = at::zeros({sources.size(0), 1}, sources.options());
  return ops::assemble_tokens(own, typed(parameters()->at("image_mask_token"), kDecoderImageType),
                              image_table_, {at::cat({of_cls, sources}, 1), {}});
}

at::Tensor JointAutoencoder::place_text(const JointTokens& visible, const at::Tensor& embedded,
                                        const JointPlaces& places) const {
  return ops::assemble_tokens(typed(visible.text(embedded).to(at::kFloat), kDecoderTextType),
                              typed(parameters()->at("text_mask_token"), kDecoderTextType),
                              text_table_.slice(1, 0, places.text_restore.size(1)),
                              {sources_of(places.text_restore, visible.words, 0), {}});
}

JointTokens JointAutoencoder::decoder_tokens(const JointTokens& visible, const at::Tensor& latent,
                                             const JointPlaces& places,
                                             at::ScalarType compute) const {
  const at::Tensor embedded = linear(latent, *parameters(), "decoder_embed", compute);
  JointTokens tokens;
  tokens.values = place_image(visible, embedded, places);
  tokens.patches = tokens.values.size(1) - 1;
  if (!places.text_restore.defined()) return tokens;
  tokens.words = places.text_restore.size(1);
  tokens.values = at::cat({tokens.values, place_text(visible, embedded, places)}, 1);
  const at::Tensor& padding = places.text_padding;
  tokens.padding =
      at::cat({at::zeros({padding.size(0), 1 + tokens.patches}, padding.options()), padding}, 1);
  return tokens;
}

JointDecoded JointAutoencoder::decode(const JointTokens& visible, const at::Tensor& latent,
                                      const JointPlaces& places, at::ScalarType compute,
                                      const DropPath& drop_path, const JointRows& rows) const {
  const JointTokens tokens = decoder_tokens(visible, latent, places, compute);
  const double eps = config().encoder.layer_norm_eps;
  ops::TransformerBlockOptions options{
      .heads = config().decoder.heads, .layer_norm_eps = eps, .compute = compute};
  options.tanh_gelu = true;
  options.key_padding = tokens.padding;
  const at::Tensor image = rows_of(rows.image, 1, tokens.patches, tokens);
  const at::Tensor text = rows_of(rows.text, 1 + tokens.patches, tokens.words, tokens);
  const ParameterStore& store = *parameters();
  const at::Tensor decoded = at::layer_norm(
      run_blocks(tokens.values, decoder_blocks_, options, drop_path, at::cat({image, text}, 1)),
      {config().decoder.width}, store.at("decoder_norm.weight"), store.at("decoder_norm.bias"),
      eps);
  JointDecoded result;
  if (tokens.patches > 0) result.image = decoded.slice(1, 0, image.size(1));
  if (tokens.words > 0) result.text = decoded.slice(1, image.size(1));
  return result;
}

at::Tensor JointAutoencoder::predict_image(const at::Tensor& decoded,
                                           at::ScalarType compute) const {
  return output_head(decoded, *parameters(), kImageHead, config().head_depth, compute);
}

at::Tensor JointAutoencoder::predict_text(const at::Tensor& decoded, at::ScalarType compute) const {
  return output_head(decoded, *parameters(), kTextHead, config().head_depth, compute);
}

}  // namespace dbot::nn
