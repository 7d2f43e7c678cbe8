#include <cstring>

#include "dbot/ops/backends.h"
#include "dbot/ops/cpu/flat_chunks.h"

namespace dbot::ops {

void fold_lane_cpu(const at::Tensor& lane, std::span<const at::Tensor> partials,
                   const at::Tensor& target) {
  float* sum = lane.mutable_data_ptr<float>();
  float* to = target.mutable_data_ptr<float>();
  // A chunk stays in the cache from the first sum to the last write.
  for_chunks(lane.numel(), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    const auto count = static_cast<std::size_t>(end - begin);
    for (const at::Tensor& partial : partials) {
      const float* term = partial.const_data_ptr<float>();
      for (std::int64_t i = begin; i < end; ++i) sum[i] += term[i];
    }
    if (to == sum) return;
    std::memcpy(to + begin, sum + begin, count * sizeof(float));
    std::memset(sum + begin, 0, count * sizeof(float));
  });
}

}  // namespace dbot::ops
