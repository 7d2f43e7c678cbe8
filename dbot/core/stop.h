#pragma once

#include <atomic>

namespace dbot::core {

/// A request to stop, shared between the one who asks (a signal handler, another thread) and long
/// work, which looks at it between steps. Setting it is safe in a signal handler.
class StopRequest {
 public:
  void request() noexcept { requests_.fetch_add(1, std::memory_order_relaxed); }
  bool requested() const noexcept { return requests_.load(std::memory_order_relaxed) > 0; }

 private:
  static_assert(std::atomic<int>::is_always_lock_free);
  std::atomic<int> requests_{0};
};

}  // namespace dbot::core
