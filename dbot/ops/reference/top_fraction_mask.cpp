#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "dbot/ops/backends.h"

namespace dbot::ops {

at::Tensor top_mask_reference(const at::Tensor& scores, std::int64_t left_out) {
  const c10::NoGradGuard no_graph;
  const at::Tensor order =
      scores.detach().abs().flatten().argsort(/*stable=*/true, /*dim=*/0, /*descending=*/false);
  const at::Tensor mask = at::zeros_like(order, at::kBool);
  mask.index_fill_(0, order.slice(0, left_out), true);
  return mask.view(scores.sizes());
}

at::Tensor supermasked_reference(const at::Tensor& weight, const at::Tensor& scores,
                                 const at::Tensor& mask) {
  const at::Tensor used = at::where(mask, weight, at::zeros_like(weight));
  if (!scores.requires_grad()) return used;
  // Zero in value; its gradient is that of the magnitude times the weight.
  const at::Tensor size = scores.abs();
  return used + (size - size.detach()) * weight.detach();
}

}  // namespace dbot::ops
