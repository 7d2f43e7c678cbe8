#include "dbot/methods/masked_modeling/loss_tokens.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include "dbot/core/error.h"

namespace dbot::methods {
namespace {

/// A column of one number before the others.
at::Tensor with_first(double number, const at::Tensor& others) {
  return at::cat({at::full({others.size(0), 1}, number, others.options()), others}, 1);
}

}  // namespace

LossTokens loss_tokens(const at::Tensor& mask, bool with_cls) {
  const at::Tensor counts = mask.sum(1);
  const auto most = counts.max().item().toLong(), least = counts.min().item().toLong();
  if (most == 0 && !with_cls) {
    throw Error("[mask] no patch of the batch is masked, expected at least one to predict");
  }
  // Masked ones first, each kind in image order.
  const at::Tensor order = at::argsort(mask, /*stable=*/true, 1, /*descending=*/true);
  const at::Tensor patches = order.slice(1, 0, most);
  LossTokens tokens{patches + 1, {}};
  if (least < most) tokens.weights = mask.gather(1, patches);
  if (!with_cls) return tokens;
  tokens.rows = with_first(0, tokens.rows);
  if (tokens.weights.defined()) tokens.weights = with_first(1, tokens.weights);
  return tokens;
}

LossTokens all_tokens(const at::Tensor& mask, bool with_cls) {
  return {{}, with_first(with_cls ? 1 : 0, mask)};
}

}  // namespace dbot::methods
