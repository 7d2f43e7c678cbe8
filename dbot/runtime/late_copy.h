#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

namespace c10 {
struct Event;
}

namespace dbot::runtime {

/// A tensor of a device on its way to the host. It is copied behind what the device was told to do
/// before; what it is told later holds nothing up.
class LateCopy {
 public:
  explicit LateCopy(const at::Tensor& tensor);
  ~LateCopy();
  LateCopy(LateCopy&&) noexcept;
  LateCopy& operator=(LateCopy&&) noexcept;

  /// On the host. Waits until it has arrived.
  at::Tensor wait();

 private:
  at::Tensor source_, copy_;
  std::unique_ptr<c10::Event> arrived_;  // null for a tensor of the host
};

}  // namespace dbot::runtime
