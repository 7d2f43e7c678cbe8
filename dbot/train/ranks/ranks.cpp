#include "dbot/train/ranks/ranks.h"

#include <array>

namespace dbot::train {

namespace {

/// The first evaluates for hours, maybe, while the others wait; the heartbeat knows whether it
/// lives.
constexpr double kLongestWait = 7 * 24 * 3600;

runtime::GroupConfig patient(runtime::GroupConfig config) {
  config.timeout_seconds = kLongestWait;
  return config;
}

}  // namespace

Ranks::Ranks(const runtime::GroupConfig& config) : group_(patient(config)) {
  if (!alone()) heartbeat_.emplace(group_);
}

Agreement Ranks::agree(const Agreement& own) {
  if (alone()) return own;
  std::array<std::int64_t, 3> values{static_cast<std::int64_t>(own.standing), own.finite ? 1 : 0,
                                     own.saves ? 0 : 1};
  group_.minimum(values);
  return {.standing = static_cast<Standing>(values[0]),
          .finite = values[1] == 1,
          .saves = values[2] == 0};
}

bool Ranks::as_first(bool value) {
  return group_.minimum(!first() || value ? 1 : 0) == 1;
}

void Ranks::set_step(std::int64_t step) {
  if (heartbeat_) heartbeat_->set_step(step);
}

void Ranks::end(const Error& problem) {
  if (!heartbeat_) return;
  if (dynamic_cast<const Stopped*>(&problem) != nullptr) {
    heartbeat_->stop(problem.what());
  } else {
    heartbeat_->fail(problem.what());
  }
}

void Ranks::count_busy(int more) {
  busy_ += more;
  if (heartbeat_) heartbeat_->set_busy(busy_ > 0);
}

}  // namespace dbot::train
