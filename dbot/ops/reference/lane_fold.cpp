#include <c10/core/GradMode.h>

#include "dbot/ops/backends.h"

namespace dbot::ops {

void fold_lane_reference(const at::Tensor& lane, std::span<const at::Tensor> partials,
                         const at::Tensor& target) {
  const c10::NoGradGuard no_graph;
  // In the lane's own memory: the target may be a partial sum that is read later.
  for (const at::Tensor& partial : partials) lane.add_(partial);
  if (target.is_same(lane)) return;
  target.copy_(lane);
  lane.zero_();
}

}  // namespace dbot::ops
