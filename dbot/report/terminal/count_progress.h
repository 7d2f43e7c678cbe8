#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "dbot/core/clock.h"
#include "dbot/core/progress.h"
#include "dbot/report/terminal/progress.h"

namespace dbot::report {

/// Shows how far work on many images (or steps, or bytes) is, as `Progress` does for a run: on a
/// terminal one line that is rewritten, elsewhere a line every ten seconds.
class CountProgress {
 public:
  CountProgress(ProgressOptions options, std::int64_t total,
                std::function<void(std::string_view)> write,
                std::function<double()> clock = core::steady_seconds);
  /// `pass` says what is counted and of how much.
  CountProgress(ProgressOptions options, core::PassProgress pass,
                std::function<void(std::string_view)> write,
                std::function<double()> clock = core::steady_seconds);
  ~CountProgress();
  CountProgress(const CountProgress&) = delete;
  CountProgress& operator=(const CountProgress&) = delete;

  /// `done` of them so far, `remark` what was found among them.
  void update(std::int64_t done, const std::string& remark);
  /// Since it began.
  double seconds() const { return clock_() - began_; }

 private:
  void draw(std::int64_t done, const std::string& remark);

  ProgressOptions options_;
  core::PassProgress pass_;
  std::int64_t first_ = -1;
  std::function<void(std::string_view)> write_;
  std::function<double()> clock_;
  double began_, drawn_at_ = -1e9;
  bool on_line_ = false;
};

/// Shows passes that follow each other, each on a line of its own.
core::TellProgress counted_passes(ProgressOptions options,
                                  std::function<void(std::string_view)> write);

}  // namespace dbot::report
