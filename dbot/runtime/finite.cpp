#include "dbot/runtime/finite.h"

#include <ATen/ops/isfinite.h>
#include <ATen/ops/sum.h>

namespace dbot::runtime {

bool all_finite(const at::Tensor& tensor) {
  const at::ScalarType type = tensor.scalar_type();
  if (!at::isFloatingType(type) && !at::isComplexType(type)) return true;
  // Types of eight bits know no sums.
  const bool narrow = c10::elementSize(type) < 2;
  const at::Tensor values = narrow ? tensor.to(at::kFloat) : tensor;
  const bool half = c10::elementSize(type) <= 2;
  // A NaN or an infinity stays in every sum that it enters.
  if (at::sum(values, half ? std::optional(at::kFloat) : std::nullopt).isfinite().item<bool>()) {
    return true;
  }
  return at::isfinite(values).all().item<bool>();
}

}  // namespace dbot::runtime
