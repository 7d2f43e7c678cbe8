#include "dbot/ops/top_fraction_mask.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::ops {
namespace {

void require_shape(const char* name, const at::Tensor& tensor, const at::Tensor& weight) {
  if (tensor.sizes() == weight.sizes()) return;
  throw Error({.operation = "supermask",
               .subject = name,
               .fault = Fault::mismatch,
               .reason = fmt::format("has shape {}, expected {} as the weight has",
                                     runtime::shape_text(tensor.sizes()),
                                     runtime::shape_text(weight.sizes()))});
}

bool are_float(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat;
}

}  // namespace

std::int64_t left_out(std::int64_t elements, double density) {
  return static_cast<std::int64_t>((1 - density) * static_cast<double>(elements));
}

at::Tensor top_fraction_mask(const at::Tensor& scores, double density) {
  if (!(density >= 0 && density <= 1)) {
    throw Error({.operation = "supermask",
                 .subject = "the density",
                 .fault = Fault::mismatch,
                 .reason = fmt::format("is {}, expected 0 to 1", density)});
  }
  const std::int64_t count = left_out(scores.numel(), density);
  const bool kernels = scores.scalar_type() == at::kFloat;
  switch (kernels ? backend_of({scores}) : Backend::reference) {
    case Backend::cpu:
      return top_mask_cpu(scores, count);
    case Backend::cuda:  // has no kernel: sorting is fast there
    case Backend::reference:
      break;
  }
  return top_mask_reference(scores, count);
}

at::Tensor supermasked(const at::Tensor& weight, const at::Tensor& scores, const at::Tensor& mask) {
  require_shape("the scores", scores, weight);
  require_shape("the mask", mask, weight);
  switch (are_float(weight, scores) ? backend_of({weight, scores, mask}) : Backend::reference) {
    case Backend::cpu:
      return supermasked_cpu(weight, scores, mask);
    case Backend::cuda:
    case Backend::reference:
      break;
  }
  return supermasked_reference(weight, scores, mask);
}

}  // namespace dbot::ops
