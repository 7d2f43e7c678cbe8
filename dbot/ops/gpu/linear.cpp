#include "dbot/ops/gpu/linear.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mm.h>

#include <vector>

#include "dbot/ops/gpu/tensors.h"

namespace dbot::ops::gpu {
namespace {

std::int64_t rows_of(const at::Tensor& tensor) {
  return tensor.numel() / tensor.size(-1);
}

at::Tensor empty_rows(const at::Tensor& like, std::int64_t width) {
  std::vector<std::int64_t> shape = like.sizes().vec();
  shape.back() = width;
  return at::empty(shape, like.options());
}

}  // namespace

at::Tensor linear(const Kernels& kernels, const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias, LinearEnding ending) {
  using Ending = cuda::Product::Ending;
  at::Tensor out = empty_rows(x, weight.size(0));
  const bool done = kernels.multiply(
      {.rows = rows_of(x),
       .columns = weight.size(0),
       .inner = weight.size(1),
       .a = memory_of(x),
       .b = memory_of(weight),
       .b_turned = true,
       .element = element_of(x),
       .out = memory_of(out),
       .out_element = element_of(x),
       .ending = ending == LinearEnding::tanh_gelu ? Ending::bias_and_tanh_gelu : Ending::bias,
       .bias = memory_of(bias)});
  if (done) return out;
  const at::Tensor plain = at::linear(x, weight, bias);
  return ending == LinearEnding::tanh_gelu ? at::gelu(plain, "tanh") : plain;
}

at::Tensor linear_input_gradient(const Kernels& kernels, const at::Tensor& outer,
                                 const at::Tensor& weight) {
  at::Tensor out = empty_rows(outer, weight.size(1));
  const bool done = kernels.multiply({.rows = rows_of(outer),
                                      .columns = weight.size(1),
                                      .inner = weight.size(0),
                                      .a = memory_of(outer),
                                      .b = memory_of(weight),
                                      .element = element_of(outer),
                                      .out = memory_of(out),
                                      .out_element = element_of(outer)});
  return done ? out : at::matmul(outer, weight);
}

void add_linear_weight_gradient(const Kernels& kernels, const at::Tensor& gradient,
                                const at::Tensor& outer, const at::Tensor& x) {
  if (!gradient.defined()) return;
  const bool done =
      gradient.is_contiguous() && kernels.multiply({.rows = gradient.size(0),
                                                    .columns = gradient.size(1),
                                                    .inner = rows_of(x),
                                                    .a = memory_of(outer),
                                                    .b = memory_of(x),
                                                    .a_turned = true,
                                                    .element = element_of(x),
                                                    .out = memory_of(gradient),
                                                    .out_element = cuda::ElementType::float32,
                                                    .accumulate = true});
  if (done) return;
  const at::Tensor rows = outer.view({-1, outer.size(-1)});
  gradient.add_(at::mm(rows.t(), x.view({-1, x.size(-1)})));
}

}  // namespace dbot::ops::gpu
