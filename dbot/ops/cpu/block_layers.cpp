#include "dbot/ops/cpu/block_layers.h"

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/matrix_product.h"

namespace dbot::ops {
namespace {

ResultKind forward_kind(const TransformerBlockOptions& options) {
  if (options.quick_gelu) return ResultKind::quick_gelu;
  return options.tanh_gelu ? ResultKind::tanh_gelu : ResultKind::gelu;
}

at::Tensor activation(const at::Tensor& hidden, const TransformerBlockOptions& options) {
  if (options.quick_gelu) return quick_gelu(hidden);
  return options.tanh_gelu ? tanh_gelu(hidden) : gelu(hidden);
}

/// From weights of any type; `packed` where they are packed already.
BlockLayer packed_layer(const at::Tensor& weight, const at::Tensor& bias,
                        const PackedMatrix* packed, bool with_backward) {
  const at::Tensor matrix = weight.detach().contiguous();
  return {packed != nullptr ? *packed : packed_weight(matrix),
          with_backward ? packed_rows(matrix) : PackedMatrix(),
          bias.detach().to(at::kFloat).contiguous()};
}

}  // namespace

at::Tensor BlockLayer::linear(const at::Tensor& x) const {
  return is_packed() ? packed_linear(x, forward_, bias_) : ops::linear(x, weight_, bias_);
}

ActivatedLinear BlockLayer::activated(const at::Tensor& x, const TransformerBlockOptions& options,
                                      bool with_hidden) const {
  if (is_packed()) return packed_activated(x, forward_, bias_, forward_kind(options), with_hidden);
  const at::Tensor hidden = ops::linear(x, weight_, bias_);
  return {activation(hidden, options), with_hidden ? hidden : at::Tensor()};
}

at::Tensor BlockLayer::added(const at::Tensor& residual, const at::Tensor& x,
                             const at::Tensor& scale) const {
  if (is_packed()) return packed_added(residual, x, forward_, bias_, scale);
  return add_branch(residual, ops::linear(x, weight_, bias_), scale);
}

std::pair<at::Tensor, Normed> BlockLayer::added_normed(const at::Tensor& residual,
                                                       const at::Tensor& x, const at::Tensor& scale,
                                                       const Norm& norm) const {
  if (!is_packed()) {
    return add_layer_norm(residual, ops::linear(x, weight_, bias_), scale, norm);
  }
  at::Tensor total = packed_added(residual, x, forward_, bias_, scale);
  Normed normed = layer_norm(total, norm, x.scalar_type());
  return {std::move(total), std::move(normed)};
}

at::Tensor BlockLayer::input_gradient(const at::Tensor& outer) const {
  return is_packed() ? packed_input_gradient(outer, backward_)
                     : linear_input_gradient(outer, weight_);
}

ActivatedGradient BlockLayer::activated_gradient(const at::Tensor& outer, const at::Tensor& hidden,
                                                 const TransformerBlockOptions& options,
                                                 const at::Tensor& bias_gradient) const {
  if (is_packed()) {
    return packed_activated_gradient(
        outer, backward_, hidden,
        options.tanh_gelu ? ResultKind::tanh_gelu_backward : ResultKind::gelu_backward,
        bias_gradient);
  }
  const at::Tensor gradient = linear_input_gradient(outer, weight_);
  const auto backward = options.tanh_gelu ? tanh_gelu_backward : gelu_backward;
  at::Tensor activated = backward(hidden, gradient, bias_gradient);
  return {gradient, std::move(activated)};
}

void BlockLayers::finish_forward() {
  for (BlockLayer* layer : {&qkv, &proj, &fc1, &fc2}) layer->finish_forward();
}

BlockLayers block_layers(const TransformerBlockWeights& weights, at::ScalarType compute,
                         bool with_backward) {
  if (compute != at::kBFloat16 || !multiplies_bf16()) {
    const TransformerBlockWeights copies = converted(weights, compute);
    return {.qkv = {copies.qkv_weight, copies.qkv_bias},
            .proj = {copies.proj_weight, copies.proj_bias},
            .fc1 = {copies.fc1_weight, copies.fc1_bias},
            .fc2 = {copies.fc2_weight, copies.fc2_bias}};
  }
  const PackedBlock* packed = weights.packed.get();
  const auto layer = [&](const at::Tensor& weight, const at::Tensor& bias,
                         PackedMatrix PackedBlock::*matrix) {
    return packed_layer(weight, bias, packed == nullptr ? nullptr : &(packed->*matrix),
                        with_backward);
  };
  return {.qkv = layer(weights.qkv_weight, weights.qkv_bias, &PackedBlock::qkv),
          .proj = layer(weights.proj_weight, weights.proj_bias, &PackedBlock::proj),
          .fc1 = layer(weights.fc1_weight, weights.fc1_bias, &PackedBlock::fc1),
          .fc2 = layer(weights.fc2_weight, weights.fc2_bias, &PackedBlock::fc2)};
}

std::shared_ptr<const PackedBlock> packed_block_cpu(const TransformerBlockWeights& weights) {
  if (!multiplies_bf16()) return nullptr;
  const auto packed = [](const at::Tensor& weight) {
    return packed_weight(weight.detach().contiguous());
  };
  return std::make_shared<const PackedBlock>(
      PackedBlock{packed(weights.qkv_weight), packed(weights.proj_weight),
                  packed(weights.fc1_weight), packed(weights.fc2_weight)});
}

}  // namespace dbot::ops
