#include "dbot/core/patience.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "dbot/core/clock.h"

namespace dbot::core {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds first_pause{0.1}, longest_pause{5}, look_at_stop_every{0.05};

}  // namespace

bool Patience::until(const std::function<bool()>& attempt) const {
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds_));
  const auto given_up = [&] { return Clock::now() >= end || (stop_ && stop_->requested()); };
  for (Seconds pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    if (attempt()) return true;
    const auto next = Clock::now() + std::chrono::duration_cast<Clock::duration>(pause);
    while (!given_up() && Clock::now() < next) std::this_thread::sleep_for(look_at_stop_every);
    if (given_up()) return false;
  }
}

}  // namespace dbot::core
