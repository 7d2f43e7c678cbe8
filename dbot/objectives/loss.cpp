#include "dbot/objectives/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

#include <cstddef>

#include "dbot/core/error.h"
#include "dbot/runtime/shape_text.h"

namespace dbot::objectives {

at::Tensor token_id_loss(const at::Tensor& logits, const at::Tensor& ids) {
  if (logits.dim() < 1 || ids.scalar_type() != at::kLong ||
      ids.sizes() != logits.sizes().slice(0, static_cast<std::size_t>(logits.dim() - 1))) {
    throw Error("[loss] logits and ids are " + runtime::shape_text(logits.sizes()) + " and " +
                runtime::shape_text(ids.sizes()) + ", expected a whole number for each row");
  }
  return -at::log_softmax(logits, -1, at::kFloat).gather(-1, ids.unsqueeze(-1)).squeeze(-1);
}

at::Tensor masked_mean(const at::Tensor& token_losses, const at::Tensor& mask) {
  const at::Tensor counted = mask.sum();
  if (counted.is_cpu() && counted.item().toDouble() == 0) {
    throw Error("[loss] the mask is empty, expected at least one token that counts");
  }
  return (token_losses * mask).sum() / counted;
}

}  // namespace dbot::objectives
