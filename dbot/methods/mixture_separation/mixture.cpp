#include "dbot/methods/mixture_separation/mixture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <vector>

#include "dbot/core/random.h"

namespace dbot::methods {

Mixture mix_pairs(const at::Tensor& first, const at::Tensor& second, const at::Tensor& lam) {
  const at::Tensor weight = lam.to(first.device()).view({-1, 1, 1, 1});
  const at::Tensor first_is_less = weight <= 0.5;
  const at::Tensor share = weight.to(first.scalar_type());
  const at::Tensor rest = (1 - weight).to(first.scalar_type());
  return {.mixed = share * first + rest * second,
          .subordinate = at::where(first_is_less, first, second),
          .dominant = at::where(first_is_less, second, first)};
}

at::Tensor lam_draws(LamScope scope, const DrawContext& context,
                     std::span<const std::int64_t> sample_ids) {
  if (scope == LamScope::batch) return lam_of(batch_draws(context).uniform());
  std::vector<double> draws;
  for (const std::int64_t sample : sample_ids) {
    core::Random random({.seed = context.seed,
                         .purpose = core::Purpose::mixing,
                         .stage = static_cast<std::uint32_t>(context.stage),
                         .epoch = static_cast<std::uint32_t>(context.epoch),
                         .sample = static_cast<std::uint64_t>(sample)});
    draws.push_back(random.uniform());
  }
  return at::tensor(draws, at::kDouble);
}

at::Tensor lam_of(double lam) {
  return at::tensor({lam}, at::kDouble);
}

}  // namespace dbot::methods
