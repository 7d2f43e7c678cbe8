#include "dbot/runtime/late_copy.h"

#include <c10/core/Event.h>

namespace dbot::runtime {

LateCopy::LateCopy(const at::Tensor& tensor) : source_(tensor), copy_(tensor) {
  if (tensor.is_cpu()) return;
  // LibTorch takes pinned memory for such a copy, so that it does not wait.
  copy_ = tensor.to(at::kCPU, /*non_blocking=*/true);
  const at::DeviceType type = tensor.device().type();
  arrived_ = std::make_unique<c10::Event>(type);
  arrived_->record(c10::impl::VirtualGuardImpl(type).getStream(tensor.device()));
}

LateCopy::~LateCopy() = default;
LateCopy::LateCopy(LateCopy&&) noexcept = default;
LateCopy& LateCopy::operator=(LateCopy&&) noexcept = default;

at::Tensor LateCopy::wait() {
  if (arrived_) arrived_->synchronize();
  source_.reset();
  return copy_;
}

}  // namespace dbot::runtime
