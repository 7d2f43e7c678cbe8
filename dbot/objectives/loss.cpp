#include "dbot/objectives/loss.h"

#include <ATen/TensorOperators.h>

namespace dbot::objectives {

at::Tensor masked_mean(const at::Tensor& token_losses, const at::Tensor& mask) {
  return (token_losses * mask).sum() / mask.sum();
}

}  // namespace dbot::objectives
