#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/util/BFloat16.h>

#include <cmath>
#include <cstddef>

#include "dbot/ops/cpu/attention.h"
#include "dbot/ops/cpu/bf16/packed_matrix.h"
#include "dbot/ops/cpu/bf16/tile_attention.h"
#include "dbot/ops/cpu/kernels/attention_kernel.h"
#include "dbot/ops/cpu/parallel_rows.h"

namespace dbot::ops {
namespace {

struct Shape {
  std::int64_t batch, tokens, width, heads;
  std::int64_t head_width() const { return width / heads; }
};

Shape shape_of(const at::Tensor& qkv, std::int64_t heads) {
  return {qkv.size(0), qkv.size(1), qkv.size(2) / 3, heads};
}

/// The part of [heads, tokens, tokens] that is one head's; null where there is no such tensor.
float* head_part(const at::Tensor& tensor, std::int64_t head) {
  if (!tensor.defined()) return nullptr;
  return static_cast<float*>(tensor.data_ptr()) + head * tensor.size(1) * tensor.size(2);
}

/// The row of [batch, tokens] that is one sample's; null where there is no such tensor.
const float* sample_part(const at::Tensor& tensor, std::int64_t sample) {
  if (!tensor.defined()) return nullptr;
  return tensor.const_data_ptr<float>() + sample * tensor.size(1);
}

/// What logits have beside the product of query and key.
struct Added {
  const at::Tensor& bias;
  const at::Tensor& padding;
};

template <typename Element>
HeadInput<Element> head_input(const Element* qkv, const Shape& shape, std::int64_t sample,
                              std::int64_t head, const Added& added) {
  const Element* query = qkv + sample * shape.tokens * 3 * shape.width + head * shape.head_width();
  return {query,
          query + shape.width,
          query + 2 * shape.width,
          3 * shape.width,
          shape.tokens,
          shape.head_width(),
          static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.head_width()))),
          head_part(added.bias, head),
          sample_part(added.padding, sample)};
}

/// How a head is computed: in float32.
template <typename Element>
class HeadKernels {
 public:
  explicit HeadKernels(const Shape& shape) : shape_(shape) {}
  std::int64_t scratch_size() const {
    return kernels_.scratch_size(shape_.tokens, shape_.head_width());
  }
  /// For as long as a thread computes heads.
  std::nullptr_t start() const { return nullptr; }
  void forward(const HeadInput<Element>& input, const HeadOutput<Element>& output,
               float* scratch) const {
    kernels_.forward(input, output, scratch);
  }
  void backward(const HeadInput<Element>& input, const HeadGradient<Element>& gradient,
                float* scratch) const {
    kernels_.backward(input, gradient, scratch);
  }

 private:
  Shape shape_;
  AttentionKernels<Element> kernels_ = attention_kernels<Element>();
};

/// By products of bfloat16.
class TileHeadKernels {
 public:
  explicit TileHeadKernels(const Shape& shape) : attention_(shape.tokens, shape.head_width()) {}
  std::int64_t scratch_size() const { return attention_.scratch_size(); }
  EngineInUse start() const { return EngineInUse(kernels_); }
  void forward(const HeadInput<c10::BFloat16>& input, const HeadOutput<c10::BFloat16>& output,
               float* scratch) const {
    attention_.forward(kernels_, input, output, scratch);
  }
  void backward(const HeadInput<c10::BFloat16>& input, const HeadGradient<c10::BFloat16>& gradient,
                float* scratch) const {
    attention_.backward(kernels_, input, gradient, scratch);
  }

 private:
  TileAttention attention_;
  BlockKernels kernels_ = block_kernels(block_engine());
};

/// Calls body(sample, head, part, scratch) for all heads of all samples.
template <typename Kernels, typename Body>
void for_heads(const Shape& shape, const Kernels& kernels, const Body& body) {
  const std::int64_t count = shape.batch * shape.heads;
  const std::int64_t size = rounded_up(kernels.scratch_size(), kTileColumns);
  const at::Tensor scratch = at::empty({row_parts(count), size}, at::kFloat);
  float* memory = scratch.mutable_data_ptr<float>();
  parallel_rows(count, [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    [[maybe_unused]] const auto in_use = kernels.start();
    for (std::int64_t i = begin; i < end; ++i) {
      body(i / shape.heads, i % shape.heads, part, memory + part * size);
    }
  });
}

template <typename Element, typename Kernels>
void forward(const at::Tensor& qkv, const Shape& shape, const Kernels& kernels, const Added& added,
             const Attention& result) {
  const Element* input = qkv.const_data_ptr<Element>();
  Element* context = result.context.mutable_data_ptr<Element>();
  float* log_sums = result.log_sums.mutable_data_ptr<float>();
  for_heads(
      shape, kernels, [&](std::int64_t sample, std::int64_t head, std::int64_t, float* scratch) {
        const std::int64_t at = sample * shape.tokens * shape.width + head * shape.head_width();
        kernels.forward(
            head_input(input, shape, sample, head, added),
            {context + at, shape.width, log_sums + (sample * shape.heads + head) * shape.tokens},
            scratch);
      });
}

/// The sum over samples of the bias's gradient: one a part, added up in their order.
struct BiasGradient {
  at::Tensor parts;  // [parts, heads, tokens, tokens], undefined: not wanted

  BiasGradient(const Shape& shape, bool wanted) {
    if (!wanted) return;
    parts =
        at::zeros({row_parts(shape.batch * shape.heads), shape.heads, shape.tokens, shape.tokens},
                  at::kFloat);
  }
  float* of(std::int64_t part, std::int64_t head) const {
    return parts.defined() ? head_part(parts.select(0, part), head) : nullptr;
  }
  void add_to(const at::Tensor& total) const {
    if (!parts.defined()) return;
    for (std::int64_t part = 0; part < parts.size(0); ++part) total.add_(parts.select(0, part));
  }
};

template <typename Element, typename Kernels>
void backward(const at::Tensor& qkv, const Shape& shape, const Kernels& kernels,
              const Attention& result, const at::Tensor& context_gradient,
              const at::Tensor& gradient, const Added& added, const BiasGradient& bias) {
  const Element* input = qkv.const_data_ptr<Element>();
  const Element* context = result.context.const_data_ptr<Element>();
  const Element* outer = context_gradient.const_data_ptr<Element>();
  const float* log_sums = result.log_sums.const_data_ptr<float>();
  Element* to = gradient.mutable_data_ptr<Element>();
  for_heads(
      shape, kernels,
      [&](std::int64_t sample, std::int64_t head, std::int64_t part, float* scratch) {
        const std::int64_t at = sample * shape.tokens * shape.width + head * shape.head_width();
        Element* query = to + sample * shape.tokens * 3 * shape.width + head * shape.head_width();
        kernels.backward(
            head_input(input, shape, sample, head, added),
            {context + at, outer + at, shape.width,
             log_sums + (sample * shape.heads + head) * shape.tokens, query, query + shape.width,
             query + 2 * shape.width, 3 * shape.width, bias.of(part, head)},
            scratch);
      });
}

/// Calls body(element, kernels) with those for heads of this type.
template <typename Body>
void with_kernels(const at::Tensor& qkv, const Shape& shape, const Body& body) {
  if (qkv.scalar_type() != at::kBFloat16) return body(float(), HeadKernels<float>(shape));
  if (multiplies_bf16()) return body(c10::BFloat16(), TileHeadKernels(shape));
  body(c10::BFloat16(), HeadKernels<c10::BFloat16>(shape));
}

}  // namespace

Attention attention(const at::Tensor& qkv, std::int64_t heads, const at::Tensor& bias,
                    const at::Tensor& padding) {
  const Shape shape = shape_of(qkv, heads);
  const Added added{bias, padding};
  Attention result;
  result.context = at::empty({shape.batch, shape.tokens, shape.width}, qkv.options());
  result.log_sums = at::empty({shape.batch, heads, shape.tokens}, qkv.options().dtype(at::kFloat));
  with_kernels(qkv, shape, [&](auto element, const auto& kernels) {
    forward<decltype(element)>(qkv, shape, kernels, added, result);
  });
  return result;
}

at::Tensor attention_backward(const at::Tensor& qkv, const Attention& result,
                              const at::Tensor& context_gradient, std::int64_t heads,
                              const at::Tensor& bias, const at::Tensor& bias_gradient,
                              const at::Tensor& padding) {
  const Shape shape = shape_of(qkv, heads);
  at::Tensor gradient = at::empty(qkv.sizes(), qkv.options());
  const Added added{bias, padding};
  const BiasGradient of_bias(shape, bias_gradient.defined());
  with_kernels(qkv, shape, [&](auto element, const auto& kernels) {
    backward<decltype(element)>(qkv, shape, kernels, result, context_gradient, gradient, added,
                                of_bias);
  });
  of_bias.add_to(bias_gradient);
  return gradient;
}

}  // namespace dbot::ops
