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

HiddenPatches hidden_patches(const at::Tensor& mask) {
  const at::Tensor counts = mask.sum(1);
  return {.least = counts.min().item().toLong(), .most = counts.max().item().toLong()};
}

HiddenPatches hidden_patches(const masking::Mask& mask) {
  const std::int64_t hidden = mask.mask.size(1) - mask.ids_keep.size(1);
  return {.least = hidden, .most = hidden};
}

HiddenPatches hidden_patches(const masking::MaskConfig& config, std::int64_t patches) {
  if (config.exact()) {
    const std::int64_t all = patches - masking::visible_patches(config, patches);
    return {.least = all, .most = all};
  }
  return {.least = 0, .most = masking::patches_of_blocks(config, patches)};
}

LossTokens loss_tokens(const at::Tensor& mask, const HiddenPatches& hidden, bool with_cls) {
  const auto [least, most] = hidden;
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

LossTokens loss_tokens(const at::Tensor& mask, bool with_cls) {
  return loss_tokens(mask, hidden_patches(mask), with_cls);
}

LossTokens all_tokens(const at::Tensor& mask, bool with_cls) {
  return {{}, with_first(with_cls ? 1 : 0, mask)};
}

}  // namespace dbot::methods
