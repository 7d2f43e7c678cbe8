#include "dbot/ops/gpu/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/softmax.h>

#include <cmath>

#include "dbot/ops/backends.h"

namespace dbot::ops::gpu {
namespace {

struct Shape {
  std::int64_t batch, tokens, heads, head_width;

  Shape(const at::Tensor& qkv, std::int64_t head_count)
      : batch(qkv.size(0)),
        tokens(qkv.size(1)),
        heads(head_count),
        head_width(qkv.size(2) / 3 / head_count) {}

  double scale() const { return 1 / std::sqrt(static_cast<double>(head_width)); }
};

bool is_for_flash(const at::Tensor& qkv, const Shape& shape, const at::Tensor& bias,
                  const at::Tensor& padding) {
  constexpr std::int64_t kStep = 8, kMostHeadWidth = 256;  // of LibTorch's flash kernels
  return qkv.scalar_type() == at::kBFloat16 && !bias.defined() && !padding.defined() &&
         shape.head_width % kStep == 0 && shape.head_width <= kMostHeadWidth;
}

/// Query (0), key (1) or value (2), [batch, heads, tokens, head width], a view.
at::Tensor part_of(const at::Tensor& qkv, const Shape& s, std::int64_t which) {
  return qkv.view({s.batch, s.tokens, 3, s.heads, s.head_width}).select(2, which).transpose(1, 2);
}

/// The same, contiguous, [batch · heads, tokens, head width].
at::Tensor heads_of(const at::Tensor& qkv, const Shape& s, std::int64_t which) {
  return part_of(qkv, s, which).reshape({s.batch * s.heads, s.tokens, s.head_width});
}

Attention flash(const at::Tensor& qkv, const Shape& shape) {
  auto found = at::_scaled_dot_product_flash_attention(
      part_of(qkv, shape, 0), part_of(qkv, shape, 1), part_of(qkv, shape, 2), /*dropout_p=*/0.0,
      /*is_causal=*/false, /*return_debug_mask=*/false, shape.scale());
  Attention result;
  // The kernel's result lies token by token.
  result.context = std::get<0>(found).transpose(1, 2).reshape(
      {shape.batch, shape.tokens, shape.heads * shape.head_width});
  result.log_sums = std::get<1>(found);
  result.seed = std::get<6>(found);
  result.offset = std::get<7>(found);
  return result;
}

at::Tensor flash_backward(const at::Tensor& qkv, const Attention& result,
                          const at::Tensor& context_gradient, const Shape& shape) {
  const auto in_heads = [&](const at::Tensor& tokens) {
    return tokens.view({shape.batch, shape.tokens, shape.heads, shape.head_width}).transpose(1, 2);
  };
  const auto found = at::_scaled_dot_product_flash_attention_backward(
      in_heads(context_gradient), part_of(qkv, shape, 0), part_of(qkv, shape, 1),
      part_of(qkv, shape, 2), in_heads(result.context), result.log_sums, /*cum_seq_q=*/{},
      /*cum_seq_k=*/{}, shape.tokens, shape.tokens, /*dropout_p=*/0.0, /*is_causal=*/false,
      result.seed, result.offset, shape.scale());
  at::Tensor gradient = at::empty_like(qkv);
  part_of(gradient, shape, 0).copy_(std::get<0>(found));
  part_of(gradient, shape, 1).copy_(std::get<1>(found));
  part_of(gradient, shape, 2).copy_(std::get<2>(found));
  return gradient;
}

Attention written_out(const at::Tensor& qkv, const Shape& s, const at::Tensor& bias,
                      const at::Tensor& padding) {
  const at::Tensor query = heads_of(qkv, s, 0) * s.scale();
  at::Tensor logits = at::bmm(query, heads_of(qkv, s, 1).transpose(1, 2)).to(at::kFloat);
  const at::Tensor by_head = logits.view({s.batch, s.heads, s.tokens, s.tokens});
  if (bias.defined()) by_head.add_(bias);
  if (padding.defined()) {
    by_head.masked_fill_(padding.gt(0.5).view({s.batch, 1, 1, s.tokens}), kPaddedLogit);
  }
  Attention result;
  result.probabilities = at::softmax(logits, -1).to(qkv.scalar_type());
  result.context = at::bmm(result.probabilities, heads_of(qkv, s, 2))
                       .view({s.batch, s.heads, s.tokens, s.head_width})
                       .transpose(1, 2)
                       .reshape({s.batch, s.tokens, s.heads * s.head_width});
  return result;
}

at::Tensor written_out_backward(const at::Tensor& qkv, const at::Tensor& probabilities,
                                const at::Tensor& context_gradient, const Shape& s,
                                const at::Tensor& bias_gradient) {
  const at::Tensor outer = context_gradient.view({s.batch, s.tokens, s.heads, s.head_width})
                               .transpose(1, 2)
                               .reshape({s.batch * s.heads, s.tokens, s.head_width});
  const at::Tensor slopes = at::bmm(outer, heads_of(qkv, s, 2).transpose(1, 2)).to(at::kFloat);
  const at::Tensor logits =
      at::_softmax_backward_data(slopes, probabilities.to(at::kFloat), -1, at::kFloat);
  if (bias_gradient.defined()) {
    bias_gradient.add_(logits.view({s.batch, s.heads, s.tokens, s.tokens}).sum(0));
  }
  const at::Tensor of_products = (logits * s.scale()).to(qkv.scalar_type());
  at::Tensor gradient = at::empty_like(qkv);
  const auto put = [&](std::int64_t which, const at::Tensor& heads) {
    part_of(gradient, s, which).copy_(heads.view({s.batch, s.heads, s.tokens, s.head_width}));
  };
  put(0, at::bmm(of_products, heads_of(qkv, s, 1)));
  put(1, at::bmm(of_products.transpose(1, 2), heads_of(qkv, s, 0)));
  put(2, at::bmm(probabilities.transpose(1, 2), outer));
  return gradient;
}

}  // namespace

Attention attention(const at::Tensor& qkv, std::int64_t heads, const at::Tensor& bias,
                    const at::Tensor& padding) {
  const Shape shape(qkv, heads);
  return is_for_flash(qkv, shape, bias, padding) ? flash(qkv, shape)
                                                 : written_out(qkv, shape, bias, padding);
}

at::Tensor attention_backward(const at::Tensor& qkv, const Attention& result,
                              const at::Tensor& context_gradient, std::int64_t heads,
                              const at::Tensor& bias_gradient) {
  const Shape shape(qkv, heads);
  const at::Tensor outer = context_gradient.contiguous();
  if (!result.probabilities.defined()) return flash_backward(qkv, result, outer, shape);
  return written_out_backward(qkv, result.probabilities, outer, shape, bias_gradient);
}

}  // namespace dbot::ops::gpu
