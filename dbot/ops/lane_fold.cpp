#include "dbot/ops/lane_fold.h"

#include <algorithm>

#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

Backend backend_of_flat(const at::Tensor& flat) {
  const bool kernels = flat.scalar_type() == at::kFloat && flat.is_contiguous();
  return kernels ? backend_of({flat}) : Backend::reference;
}

}  // namespace

void fold_lane(const at::Tensor& lane, std::span<const at::Tensor> partials,
               const at::Tensor& target) {
  const bool alike = std::ranges::all_of(
      partials, [](const at::Tensor& partial) { return partial.is_contiguous(); });
  switch (alike && target.is_contiguous() ? backend_of_flat(lane) : Backend::reference) {
    case Backend::cpu:
      return fold_lane_cpu(lane, partials, target);
    case Backend::cuda:
    case Backend::reference:
      return fold_lane_reference(lane, partials, target);
  }
}

std::optional<std::vector<double>> squares_of_chunks(const at::Tensor& values) {
  if (backend_of_flat(values) != Backend::cpu) return std::nullopt;
  return squares_of_chunks_cpu(values);
}

}  // namespace dbot::ops
