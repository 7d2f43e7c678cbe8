#pragma once

#include <chrono>

// The one clock of the program: it never jumps, whatever happens to the time of day.
namespace dbot::core {

using Clock = std::chrono::steady_clock;

/// Seconds since some moment that stays the same for this process.
inline double steady_seconds() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

/// Seconds since it was made or started anew.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void restart() { start_ = Clock::now(); }

 private:
  Clock::time_point start_ = Clock::now();
};

}  // namespace dbot::core
