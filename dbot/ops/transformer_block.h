#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <memory>

namespace dbot::ops {

struct PackedBlock;

/// Official names behind "blocks.N.": norm1.*, attn.qkv.*, attn.proj.*, norm2.*, mlp.fc1.*,
/// mlp.fc2.*
struct TransformerBlockWeights {
  at::Tensor norm1_weight, norm1_bias;
  at::Tensor qkv_weight, qkv_bias;    // [3 width, width]: q, k, v, each head-major
  at::Tensor proj_weight, proj_bias;  // [width, width]
  at::Tensor norm2_weight, norm2_bias;
  at::Tensor fc1_weight, fc1_bias;  // [hidden, width]
  at::Tensor fc2_weight, fc2_bias;  // [width, hidden]
  // Where a block has them. LayerScale (gamma_1, gamma_2), float32 [width]: factors of what the
  // branches add. Bias of the attention's logits, float32 [heads, tokens, tokens].
  at::Tensor attention_scale = {}, mlp_scale = {};
  at::Tensor attention_bias = {};
  // Of frozen networks of other kinds (docs/methods/teachers.md §3). A gated MLP is
  // fc2(SiLU(gate) · fc1): mlp.fc1_g.* is the gate and mlp.fc1_x.* the first matrix.
  at::Tensor gate_weight = {}, gate_bias = {};              // [hidden, width]
  at::Tensor query_norm_weight = {}, query_norm_bias = {};  // [head width]
  at::Tensor key_norm_weight = {}, key_norm_bias = {};
  at::Tensor attention_norm_weight = {}, attention_norm_bias = {};  // [width], before proj
  at::Tensor mlp_norm_weight = {}, mlp_norm_bias = {};              // [hidden], before fc2
  /// The four matrices once more, as the host's products of bfloat16 read them: `frozen_weights`.
  std::shared_ptr<const PackedBlock> packed = {};
};

/// The same block without LayerScale: its factors go into the last matrix and bias of each branch,
/// differentiably.
TransformerBlockWeights fold_layer_scale(const TransformerBlockWeights& weights);

/// Matrices, and the biases added inside matrix products, in the type of the products, LayerScale
/// folded into them; LayerNorm and the bias of attention stay float32. The results have no graph; a
/// tensor that has the type already is not copied.
TransformerBlockWeights converted(const TransformerBlockWeights& weights, at::ScalarType type);

/// What a frozen block of ordinary kind keeps: its weights, packed once for all passes where the
/// host's products of bfloat16 are in use (kernel_level.h) and `type` is bfloat16; otherwise
/// `converted`.
TransformerBlockWeights frozen_weights(const TransformerBlockWeights& weights, at::ScalarType type);

struct TransformerBlockOptions {
  std::int64_t heads = 1;
  double layer_norm_eps = 1e-6;
  at::ScalarType compute = at::kFloat;  // of the matrix products; the residual stream is float32
  bool quick_gelu = false;              // x·sigmoid(1.702x), as CLIP has it
  bool tanh_gelu = false;               // the approximation by tanh, as SigLIP and M3AE have it
  /// Keys that are not seen, float32 [batch, tokens], 1: padded; undefined: all are seen. Their
  /// logits are −1e7 for every query; a sample has at least one key that is seen.
  at::Tensor key_padding = {};
  // Rotations of query and key for the last so many tokens, float32 [patches, head width]; which
  // columns turn together: k and k + half a head, else 2k and 2k + 1. docs/methods/teachers.md §2.
  at::Tensor rotary_cosine = {}, rotary_sine = {};
  bool rotary_halves = true;
};

/// Whether a block has a part that only frozen networks have: it has no kernels of ours.
/// (The GELU by tanh has kernels, whoever has it.)
bool is_foreign_block(const TransformerBlockWeights& weights,
                      const TransformerBlockOptions& options);

/// Multipliers of the two residual branches per sample (drop path), float32 [batch]; undefined: 1.
struct BranchScales {
  at::Tensor attention;
  at::Tensor mlp;
};

/// A pre-norm transformer block: x += s₁·γ₁·Attention(LayerNorm(x)); x += s₂·γ₂·MLP(LayerNorm(x))
/// with exact (erf) GELU, unless the options say so, and logits scaled by 1/sqrt(width/heads).
/// Differentiable in `x` and the weights, once; with the project's kernels (kernel_level.h)
/// gradients of weights that are leaves are added to their `grad()`, whatever the backward pass was
/// asked for. x: [batch, tokens, width] float32. rows: int64 [batch, wanted], which tokens of each
/// sample are wanted, each at most once; the result is then [batch, wanted, width], and what only
/// the others need is not computed. Undefined: all. Throws Error for a padding of another shape.
/// docs/methods/mae.md §1, docs/methods/dbot.md §4; LayerScale, the attention's bias and the quick
/// GELU: docs/methods/dbot.md §8; padded keys and the GELU by tanh: docs/methods/m3ae.md §2.
at::Tensor transformer_block(const at::Tensor& x, const TransformerBlockWeights& weights,
                             const TransformerBlockOptions& options, const BranchScales& scales,
                             const at::Tensor& rows = {});

}  // namespace dbot::ops
