#pragma once

#include <functional>

#include "dbot/core/stop.h"

namespace dbot::core {

/// How long the end of a run waits for a fault outside it, such as a full disk, to be mended.
class Patience {
 public:
  /// None at all: one attempt.
  Patience() = default;
  /// Up to `seconds` by a clock that never jumps, ended early by `stop`, which must outlive this.
  Patience(double seconds, const StopRequest& stop) : seconds_(seconds), stop_(&stop) {}

  /// Calls `attempt` until it returns true, at first every tenth of a second, then ever more rarely
  /// up to every 5 seconds. False if patience ended; at least one attempt is made.
  bool until(const std::function<bool()>& attempt) const;
  double seconds() const { return seconds_; }

 private:
  double seconds_ = 0;
  const StopRequest* stop_ = nullptr;
};

}  // namespace dbot::core
