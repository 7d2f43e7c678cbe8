#include "dbot/report/terminal/count_progress.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "dbot/report/text/quantity_text.h"

namespace dbot::report {
namespace {

constexpr double settled = 0.5;  // seconds after which a rate means something

}  // namespace

CountProgress::CountProgress(ProgressOptions options, std::int64_t total,
                             std::function<void(std::string_view)> write,
                             std::function<double()> clock)
    : options_(options),
      total_(total),
      write_(std::move(write)),
      clock_(std::move(clock)),
      began_(clock_()) {
  if (!options_.is_tty) drawn_at_ = began_;  // short work leaves a log alone
}

CountProgress::~CountProgress() {
  try {
    if (on_line_) write_("\n");
  } catch (...) {  // a closed stderr is no reason to end the program
  }
}

void CountProgress::update(std::int64_t done, const std::string& remark) {
  if (first_ < 0) first_ = done;
  const double now = clock_();
  const double least =
      options_.is_tty ? options_.seconds_between_updates : options_.seconds_between_lines;
  const bool last = done == total_ && options_.is_tty;
  if (!last && now - drawn_at_ < least) return;
  drawn_at_ = now;
  draw(done, remark);
}

void CountProgress::draw(std::int64_t done, const std::string& remark) {
  std::string line = fmt::format("{} of {} images", grouped(done), grouped(total_));
  const double passed = seconds();
  if (passed >= settled && done > first_) {
    const double rate = static_cast<double>(done - first_) / passed;
    line += fmt::format("  {:.0f} images/s", rate);
    if (done < total_) {
      line += fmt::format("  left {}", duration_text(static_cast<double>(total_ - done) / rate));
    }
  }
  if (!remark.empty()) line += "  " + remark;
  if (!options_.is_tty) return write_(line + "\n");
  const auto room = static_cast<std::size_t>(options_.columns > 1 ? options_.columns - 1 : 1);
  write_("\r" + line.substr(0, room) + "\x1b[K");
  on_line_ = true;
}

std::function<void(std::int64_t, std::int64_t)> counted_passes(
    ProgressOptions options, std::function<void(std::string_view)> write) {
  struct Pass {
    std::unique_ptr<CountProgress> progress;
    std::int64_t done = 0;
  };
  return [options, write = std::move(write), pass = std::make_shared<Pass>()](std::int64_t done,
                                                                              std::int64_t total) {
    if (done <= pass->done) pass->progress.reset();  // of a pass that ended early
    if (!pass->progress) pass->progress = std::make_unique<CountProgress>(options, total, write);
    pass->done = done;
    pass->progress->update(done, "");
    if (done >= total) pass->progress.reset();
  };
}

}  // namespace dbot::report
