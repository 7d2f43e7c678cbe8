#include "dbot/core/patience.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "dbot/core/clock.h"

namespace dbot::core {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds kFirstPause{0.1}, kLongestPause{5}, kLookAtStopEvery{0.05};

}  // namespace

bool Patience::until(const std::function<bool()>& attempt) const {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds_));
  const auto given_up = [&] { return Clock::now() >= end || (stop_ && stop_->requested()); };
  for (Seconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    if (attempt()) return true;
    const auto next = Clock::now() + std::chrono::duration_cast<Clock::duration>(pause);
    while (!given_up() && Clock::now() < next) std::this_thread::sleep_for(kLookAtStopEvery);
    if (given_up()) return false;
  }
}

}  // namespace dbot::core
