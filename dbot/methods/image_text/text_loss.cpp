#include "dbot/methods/image_text/text_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "dbot/objectives/loss.h"

namespace dbot::methods {

CountedTokens counted_tokens(const at::Tensor& counts) {
  const auto batch = static_cast<double>(counts.size(0));
  const at::Tensor weights =
      (counts / (counts.sum(1, true).clamp_min(1e-5) * batch)).flatten().to(at::kFloat);
  if (!weights.is_cpu()) {
    return {at::arange(weights.numel(), weights.options().dtype(at::kLong)), weights};
  }
  const at::Tensor places = weights.nonzero().squeeze(1);
  return {places, weights.index_select(0, places)};
}

TextFigures text_figures(const at::Tensor& logits, const at::Tensor& ids,
                         const at::Tensor& weights) {
  const at::Tensor right = logits.detach().argmax(-1).eq(ids).to(at::kFloat);
  return {.loss = (objectives::token_id_loss(logits, ids) * weights).sum(),
          .accuracy = (right * weights).sum()};
}

}  // namespace dbot::methods
