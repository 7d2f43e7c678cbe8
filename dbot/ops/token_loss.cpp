#include "dbot/ops/token_loss.h"

#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::ops {

at::Tensor mean_token_loss(const at::Tensor& prediction, const at::Tensor& target,
                           const LossConfig& config, TargetScale scale) {
  if (prediction.sizes() != target.sizes() || prediction.numel() == 0) {
    throw Error("[loss] prediction and target are " + runtime::shape_text(prediction.sizes()) +
                " and " + runtime::shape_text(target.sizes()) +
                ", expected the same shape with at least one value");
  }
  const bool kernels = prediction.scalar_type() == at::kFloat && target.scalar_type() == at::kFloat;
  switch (kernels ? backend_of({prediction, target}) : Backend::reference) {
    case Backend::cpu:
      return mean_token_loss_cpu(prediction, target, config, scale);
    case Backend::cuda:
      return mean_token_loss_cuda(prediction, target, config, scale);
    case Backend::reference:
      break;
  }
  return mean_token_loss_reference(prediction, target, config, scale);
}

}  // namespace dbot::ops
