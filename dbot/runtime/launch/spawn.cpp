#include "dbot/runtime/launch/spawn.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <memory>

#include "dbot/core/clock.h"
#include "dbot/runtime/launch/child_variables.h"

namespace dbot::runtime {
namespace {

constexpr int kLookMilliseconds = 50;
constexpr int kKilled = 128;  // and the signal's number

std::string ending_text(int rank, int code) {
  return code > kKilled ? fmt::format("rank {} was killed by signal {}", rank, code - kKilled)
                        : fmt::format("rank {} ended with exit code {}", rank, code);
}

/// The processes from one start to the end of them all.
class Attempt {
 public:
  Attempt(const SpawnConfig& config, int restart) : config_(config) {
    for (int rank = 0; rank < config.processes; ++rank) {
      children_.push_back(std::make_unique<ChildProcess>(
          rank, config.command, child_variables(rank, config.processes, config.port, restart)));
    }
  }

  /// To the end of all.
  void run(const core::StopRequest& stop, const TellLine& tell, const core::Log& log) {
    while (std::ranges::any_of(children_, [](const auto& child) { return !child->code(); })) {
      wait_for_lines();
      for (const auto& child : children_) {
        child->read(tell);
        child->look(tell);
        if (child->code() && !failed_ && is_failure(*child->code())) note_failure(*child, log);
      }
      if (stop.requested() && !stopping_) {
        stopping_ = true;
        send_all(SIGTERM);
      }
      press();
    }
  }

  bool stopping() const { return stopping_; }
  /// Some had work left when they stopped.
  bool stopped() const {
    return std::ranges::any_of(
        children_, [this](const auto& child) { return child->code() && is_stop(*child->code()); });
  }
  const ChildProcess* failed() const { return failed_; }

 private:
  /// Also of one that was killed by the stop before it could do anything about it.
  bool is_stop(int code) const { return code == config_.stopped_code || code == kKilled + SIGTERM; }
  bool is_failure(int code) const { return code != 0 && !(stopping_ && is_stop(code)); }
  void note_failure(const ChildProcess& child, const core::Log& log) {
    failed_ = &child;
    since_failure_.restart();
    const auto running = std::ranges::count_if(children_, [](const auto& c) { return !c->code(); });
    log(core::LogLevel::warning,
        ending_text(child.rank(), *child.code()) +
            (running > 0 ? fmt::format("; the other {} end", running) : std::string()));
  }
  /// Ends those that do not end by themselves after a failure.
  void press() {
    if (!failed_) return;
    const double seconds = since_failure_.seconds();
    const int due = seconds > 2 * config_.grace_seconds ? 2 : seconds > config_.grace_seconds;
    if (due <= pressed_) return;
    pressed_ = due;
    send_all(due == 1 ? SIGTERM : SIGKILL);
    send_all(SIGCONT);  // or one that was stopped would not hear it
  }
  void send_all(int signal) const {
    for (const auto& child : children_) child->send(signal);
  }
  void wait_for_lines() const {
    std::vector<pollfd> waited;
    for (const auto& child : children_) {
      if (child->descriptor() >= 0) {
        waited.push_back({.fd = child->descriptor(), .events = POLLIN, .revents = 0});
      }
    }
    poll(waited.data(), waited.size(), kLookMilliseconds);
  }

  const SpawnConfig& config_;
  std::vector<std::unique_ptr<ChildProcess>> children_;
  const ChildProcess* failed_ = nullptr;  // the first
  core::Stopwatch since_failure_;
  bool stopping_ = false;
  int pressed_ = 0;  // signals sent since
};

}  // namespace

SpawnResult run_processes(const SpawnConfig& config, const core::StopRequest& stop,
                          const TellLine& tell, const core::Log& log) {
  for (SpawnResult result;; ++result.restarts) {
    Attempt attempt(config, result.restarts);
    attempt.run(stop, tell, log);
    const ChildProcess* failed = attempt.failed();
    result.failed_rank = failed ? failed->rank() : -1;
    const int code = failed ? *failed->code() : attempt.stopped() ? config.stopped_code : 0;
    result.exit_code = code > kKilled ? 1 : code;
    const bool would_come_again =
        std::ranges::find(config.final_codes, code) != config.final_codes.end();
    if (!failed || attempt.stopping() || would_come_again || result.restarts == config.restarts) {
      return result;
    }
    log(core::LogLevel::warning,
        fmt::format("all {} processes start again ({} of {} times)", config.processes,
                    result.restarts + 1, config.restarts));
  }
}

}  // namespace dbot::runtime
