#include "dbot/ops/indices.h"

#include <c10/core/Scalar.h>

#include "dbot/core/error.h"

namespace dbot::ops {

void check_within(const std::string& what, const at::Tensor& indices, std::int64_t least,
                  std::int64_t count) {
  if (!indices.is_cpu() || indices.numel() == 0) return;
  const auto lowest = indices.min().item().toLong(), highest = indices.max().item().toLong();
  if (lowest >= least && highest < count) return;
  throw Error(what + " are " + std::to_string(lowest) + "…" + std::to_string(highest) +
              ", expected " + std::to_string(least) + "…" + std::to_string(count - 1));
}

}  // namespace dbot::ops
