#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "dbot/ops/cpu/bf16/packed_product.h"
#include "dbot/ops/cpu/row_operations.h"
#include "dbot/ops/transformer_block.h"

// The linear layers of a transformer block and what follows each. With plain weights a layer is a
// product and a pass over its result; with packed ones (bf16/packed_product.h) what follows is done
// on the way out of the product. They build no graph.
namespace dbot::ops {

/// The four matrices of a block as products of bfloat16 read them.
struct PackedBlock {
  PackedMatrix qkv, proj, fc1, fc2;
};

/// One layer, for one forward pass and perhaps its backward pass.
class BlockLayer {
 public:
  BlockLayer() = default;
  /// Plain: weight and bias have the compute type.
  BlockLayer(at::Tensor weight, at::Tensor bias)
      : weight_(std::move(weight)), bias_(std::move(bias)) {}
  /// Packed: `forward` by packed_weight, `backward` by packed_rows or undefined; bias float32.
  BlockLayer(PackedMatrix forward, PackedMatrix backward, at::Tensor bias)
      : bias_(std::move(bias)), forward_(std::move(forward)), backward_(std::move(backward)) {}

  /// The forward pass is over: what it alone reads is given back.
  void finish_forward() { forward_ = {}; }

  /// x · weightᵀ + bias.
  at::Tensor linear(const at::Tensor& x) const;
  /// The activation of that; `hidden` is what it is of, where it is wanted.
  ActivatedLinear activated(const at::Tensor& x, const TransformerBlockOptions& options,
                            bool with_hidden) const;
  /// residual + scale · that.
  at::Tensor added(const at::Tensor& residual, const at::Tensor& x, const at::Tensor& scale) const;
  /// The same, and its LayerNorm in the type of x.
  std::pair<at::Tensor, Normed> added_normed(const at::Tensor& residual, const at::Tensor& x,
                                             const at::Tensor& scale, const Norm& norm) const;

  /// The gradient of x.
  at::Tensor input_gradient(const at::Tensor& outer) const;
  /// Where x = activation(hidden): the gradient of `hidden`, whose sum over rows is added to
  /// bias_gradient where defined, and x once more.
  ActivatedGradient activated_gradient(const at::Tensor& outer, const at::Tensor& hidden,
                                       const TransformerBlockOptions& options,
                                       const at::Tensor& bias_gradient) const;

 private:
  bool is_packed() const { return !weight_.defined(); }

  at::Tensor weight_, bias_;
  PackedMatrix forward_, backward_;
};

struct BlockLayers {
  BlockLayer qkv, proj, fc1, fc2;

  void finish_forward();
};

/// Of weights without LayerScale: packed where products of bfloat16 are in use; those that are
/// packed already are taken as they are. with_backward: the backward pass follows.
BlockLayers block_layers(const TransformerBlockWeights& weights, at::ScalarType compute,
                         bool with_backward);

}  // namespace dbot::ops
