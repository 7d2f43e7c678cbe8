#include "dbot/nn/vit/masked_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "dbot/nn/linear.h"
#include "dbot/nn/vit/block_stack.h"
#include "dbot/ops/assemble_tokens.h"

namespace dbot::nn {
namespace {

std::string decoder_block_prefix(std::int64_t block) {
  return "decoder_blocks." + std::to_string(block) + ".";
}

}  // namespace

std::vector<ParameterSpec> masked_autoencoder_parameters(const MaskedAutoencoderConfig& config) {
  const EncoderConfig& encoder = config.encoder;
  const std::int64_t width = config.decoder.width;
  std::vector<ParameterSpec> specs = encoder_parameters(encoder);
  const auto after_table =
      1 + std::find_if(specs.begin(), specs.end(),
                       [](const ParameterSpec& spec) { return spec.name == "pos_embed"; });
  specs.insert(after_table, {token_parameter("mask_token", width),
                             position_table_parameter("decoder_pos_embed", encoder, width)});
  for (const std::string& name : config.embedding_names) {
    append_linear_parameters(specs, name, encoder.width, width);
  }
  EncoderConfig block_shape;
  block_shape.width = width;
  block_shape.mlp_ratio = encoder.mlp_ratio;
  for (std::int64_t block = 0; block < config.decoder.depth; ++block) {
    append_block_parameters(specs, decoder_block_prefix(block), block_shape);
  }
  append_norm_parameters(specs, "decoder_norm", width);
  append_linear_parameters(specs, config.predictor_name, width, config.prediction_width);
  return specs;
}

MaskedAutoencoder::MaskedAutoencoder(const MaskedAutoencoderConfig& config,
                                     std::shared_ptr<ParameterStore> parameters)
    : config_(config), encoder_(config.encoder, std::move(parameters)) {
  for (std::int64_t block = 0; block < config_.decoder.depth; ++block) {
    decoder_blocks_.push_back(block_weights(*this->parameters(), decoder_block_prefix(block)));
  }
}

at::Tensor MaskedAutoencoder::encode(const ops::Images& images, const at::Tensor& ids_keep,
                                     at::ScalarType compute, const DropPath& drop_path) const {
  return encoder_.norm(encoder_.blocks(encoder_.embed(images, ids_keep), compute, drop_path));
}

at::Tensor MaskedAutoencoder::embed_latent(const at::Tensor& latent, at::ScalarType compute,
                                           std::size_t which) const {
  return linear(latent, *parameters(), config_.embedding_names.at(which), compute);
}

at::Tensor MaskedAutoencoder::place_tokens(const at::Tensor& embedded,
                                           const at::Tensor& ids_restore) const {
  const ParameterStore& store = *parameters();
  const std::int64_t kept = embedded.size(1) - 1;
  // Row 0 of the embedded tokens is cls; behind it the visible patches in shuffled order.
  const at::Tensor sources = (ids_restore + 1).masked_fill(ids_restore >= kept, -1);
  const at::Tensor cls = at::zeros({ids_restore.size(0), 1}, ids_restore.options());
  return ops::assemble_tokens(embedded, store.at("mask_token"), store.at("decoder_pos_embed"),
                              {at::cat({cls, sources}, 1), {}});
}

at::Tensor MaskedAutoencoder::decoder_tokens(const at::Tensor& latent,
                                             const at::Tensor& ids_restore,
                                             at::ScalarType compute) const {
  return place_tokens(embed_latent(latent, compute), ids_restore);
}

ops::TransformerBlockOptions MaskedAutoencoder::decoder_options(at::ScalarType compute) const {
  return {config_.decoder.heads, config_.encoder.layer_norm_eps, compute};
}

at::Tensor MaskedAutoencoder::predict(const at::Tensor& tokens, at::ScalarType compute) const {
  const ParameterStore& store = *parameters();
  const at::Tensor normed =
      at::layer_norm(tokens, {config_.decoder.width}, store.at("decoder_norm.weight"),
                     store.at("decoder_norm.bias"), config_.encoder.layer_norm_eps);
  return linear(normed, store, config_.predictor_name, compute).to(at::kFloat);
}

at::Tensor MaskedAutoencoder::decode_embedded(const at::Tensor& embedded,
                                              const at::Tensor& ids_restore, at::ScalarType compute,
                                              const DropPath& drop_path,
                                              const at::Tensor& rows) const {
  const at::Tensor tokens = place_tokens(embedded, ids_restore);
  return predict(run_blocks(tokens, decoder_blocks_, decoder_options(compute), drop_path, rows),
                 compute);
}

at::Tensor MaskedAutoencoder::decode(const at::Tensor& latent, const at::Tensor& ids_restore,
                                     at::ScalarType compute, const DropPath& drop_path,
                                     const at::Tensor& rows) const {
  return decode_embedded(embed_latent(latent, compute), ids_restore, compute, drop_path, rows);
}

}  // namespace dbot::nn
