#include "dbot/nn/clip/clip_autoencoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/zeros.h>

#include <utility>

#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/nn/linear.h"
#include "dbot/nn/vit/block_stack.h"
#include "dbot/ops/assemble_tokens.h"

namespace dbot::nn {

ClipAutoencoder::ClipAutoencoder(const ClipConfig& config,
                                 std::shared_ptr<ParameterStore> parameters)
    : encoder_(config, std::move(parameters)),
      positions_(config, "decoder_", config.decoder.width, *encoder_.parameters()) {
  for (std::int64_t block = 0; block < config.decoder.depth; ++block) {
    decoder_blocks_.push_back(block_weights(*this->parameters(), clip_decoder_prefix(block)));
  }
}

at::Tensor ClipAutoencoder::encode(const ops::Clips& clips, const at::Tensor& ids_keep,
                                   at::ScalarType compute, const DropPath& drop_path) const {
  return encoder_.encode(encoder_.embed(clips, ids_keep), compute, drop_path)
      .slice(1, config().prefix());
}

at::Tensor ClipAutoencoder::decoder_tokens(const at::Tensor& latent, const at::Tensor& ids_restore,
                                           at::ScalarType compute) const {
  const ParameterStore& store = *parameters();
  const std::int64_t kept = latent.size(1), prefix = config().prefix();
  at::Tensor own = linear(latent, store, "decoder_embed", compute);
  // Behind the class token, row 0 of the sample's own, stand the visible tokens.
  at::Tensor sources = (ids_restore + prefix).masked_fill(ids_restore >= kept, -1);
  if (prefix > 0) {
    const at::Tensor& cls = store.at("decoder_cls_token");
    own = at::cat({cls.to(own.scalar_type()).expand({own.size(0), 1, own.size(2)}), own}, 1);
    sources = at::cat({at::zeros({sources.size(0), 1}, sources.options()), sources}, 1);
  }
  return ops::assemble_tokens(own, store.at("mask_token"), positions_.rows(store), {sources, {}});
}

ops::TransformerBlockOptions ClipAutoencoder::decoder_options(at::ScalarType compute) const {
  return {.heads = config().decoder.heads,
          .layer_norm_eps = config().encoder.layer_norm_eps,
          .compute = compute};
}

at::Tensor ClipAutoencoder::decode(const at::Tensor& latent, const at::Tensor& ids_restore,
                                   at::ScalarType compute, const at::Tensor& rows) const {
  const ParameterStore& store = *parameters();
  const std::int64_t prefix = config().prefix();
  at::Tensor decoded =
      run_blocks(decoder_tokens(latent, ids_restore, compute), decoder_blocks_,
                 decoder_options(compute), {}, rows.defined() ? rows + prefix : at::Tensor());
  if (!rows.defined()) decoded = decoded.slice(1, prefix);
  const at::Tensor normed =
      at::layer_norm(decoded, {config().decoder.width}, store.at("decoder_norm.weight"),
                     store.at("decoder_norm.bias"), config().encoder.layer_norm_eps);
  return linear(normed, store, "decoder_pred", compute).to(at::kFloat);
}

}  // namespace dbot::nn
