#include "dbot/objectives/contrastive.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cosine_similarity.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/log_softmax.h>

#include <limits>

namespace dbot::objectives {
namespace {

constexpr double kLeastLength = 1e-12;
constexpr double kAddedToColumns = 1e-5;  // to a column's variance in Barlow Twins

at::Tensor nt_xent(const at::Tensor& first, const at::Tensor& second, double temperature) {
  const std::int64_t batch = first.size(0);
  const at::Tensor all = unit_rows(at::cat({first, second}));
  const at::Tensor itself =
      at::eye(2 * batch, at::TensorOptions().dtype(at::kBool).device(all.device()));
  const at::Tensor logits = (all.matmul(all.t()) / temperature)
                                .masked_fill(itself, -std::numeric_limits<float>::infinity());
  const auto numbers = at::TensorOptions().dtype(at::kLong).device(all.device());
  const at::Tensor other =
      at::cat({at::arange(batch, 2 * batch, numbers), at::arange(0, batch, numbers)});
  return -at::log_softmax(logits, 1).gather(1, other.unsqueeze(1)).mean();
}

at::Tensor standard_columns(const at::Tensor& x) {
  const at::Tensor centred = x - x.mean(0);
  return centred / (centred.square().mean(0) + kAddedToColumns).sqrt();
}

at::Tensor barlow_twins(const at::Tensor& first, const at::Tensor& second, double off_diagonal) {
  const at::Tensor correlations = standard_columns(first).t().matmul(standard_columns(second)) /
                                  static_cast<double>(first.size(0));
  const at::Tensor own = correlations.diagonal();
  const at::Tensor others = correlations.square().sum() - own.square().sum();
  return (own - 1).square().sum() + off_diagonal * others;
}

at::Tensor mean_cosine(const at::Tensor& online, const at::Tensor& target) {
  return at::cosine_similarity(online, target.detach(), /*dim=*/1).mean();
}

}  // namespace

at::Tensor unit_rows(const at::Tensor& x) {
  return x / x.norm(2, 1, /*keepdim=*/true).clamp_min(kLeastLength);
}

at::Tensor contrast_logits(const at::Tensor& queries, const at::Tensor& keys,
                           const at::Tensor& queue, double temperature) {
  const at::Tensor own = (queries * keys).sum(1, /*keepdim=*/true);
  return at::cat({own, queries.matmul(queue)}, 1) / temperature;
}

at::Tensor first_cross_entropy(const at::Tensor& logits) {
  return -at::log_softmax(logits, 1).select(1, 0).mean();
}

at::Tensor pair_loss(const at::Tensor& online, const at::Tensor& target,
                     const PairLossConfig& config) {
  switch (config.kind) {
    case PairLoss::nt_xent:
      return nt_xent(online, target, config.temperature);
    case PairLoss::regression:
      return 2 - 2 * mean_cosine(online, target);
    case PairLoss::negative_cosine:
      return -mean_cosine(online, target);
    case PairLoss::barlow_twins:
      break;
  }
  return barlow_twins(online, target, config.off_diagonal);
}

}  // namespace dbot::objectives
