#include "dbot/report/terminal/count_progress.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "dbot/report/text/quantity_text.h"

namespace dbot::report {
namespace {

constexpr double settled = 0.5;  // seconds after which a rate means something

constexpr const char* name_of(core::Counted counted) {
  return counted == core::Counted::images ? "images" : "steps";
}

std::string amount_text(const core::PassProgress& pass) {
  if (pass.counted == core::Counted::bytes) {
    return fmt::format("{} of {}", bytes_text(static_cast<double>(pass.done)),
                       bytes_text(static_cast<double>(pass.total)));
  }
  return fmt::format("{} of {} {}", grouped(pass.done), grouped(pass.total), name_of(pass.counted));
}

std::string rate_text(double rate, core::Counted counted) {
  if (counted == core::Counted::bytes) return bytes_text(rate) + "/s";
  return fmt::format("{:.0f} {}/s", rate, name_of(counted));
}

bool is_of(const core::PassProgress& one, const core::PassProgress& other) {
  return one.total == other.total && one.counted == other.counted && one.doing == other.doing;
}

}  // namespace

CountProgress::CountProgress(ProgressOptions options, std::int64_t total,
                             std::function<void(std::string_view)> write,
                             std::function<double()> clock)
    : CountProgress(options, core::PassProgress{.total = total}, std::move(write),
                    std::move(clock)) {}

CountProgress::CountProgress(ProgressOptions options, core::PassProgress pass,
                             std::function<void(std::string_view)> write,
                             std::function<double()> clock)
    : options_(options),
      pass_(std::move(pass)),
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
  if (options_.is_tty && now - began_ < options_.seconds_before_first) return;
  const bool last = done == pass_.total && options_.is_tty;
  if (!last && now - drawn_at_ < least) return;
  drawn_at_ = now;
  draw(done, remark);
}

void CountProgress::draw(std::int64_t done, const std::string& remark) {
  pass_.done = done;
  std::string line = pass_.doing.empty() ? "" : pass_.doing + "  ";
  line += amount_text(pass_);
  const double passed = seconds();
  if (passed >= settled && done > first_) {
    const double rate = static_cast<double>(done - first_) / passed;
    line += "  " + rate_text(rate, pass_.counted);
    const std::int64_t left = pass_.total - done;
    if (left > 0) line += "  left " + duration_text(static_cast<double>(left) / rate);
  }
  if (!remark.empty()) line += "  " + remark;
  if (!options_.is_tty) return write_(line + "\n");
  const auto room = static_cast<std::size_t>(options_.columns > 1 ? options_.columns - 1 : 1);
  write_("\r" + line.substr(0, room) + "\x1b[K");
  on_line_ = true;
}

core::TellProgress counted_passes(ProgressOptions options,
                                  std::function<void(std::string_view)> write) {
  struct Pass {
    std::unique_ptr<CountProgress> progress;
    core::PassProgress told;
  };
  return [options, write = std::move(write),
          pass = std::make_shared<Pass>()](const core::PassProgress& now) {
    // Another one may have ended early.
    if (now.done <= pass->told.done || !is_of(now, pass->told)) pass->progress.reset();
    if (!pass->progress) pass->progress = std::make_unique<CountProgress>(options, now, write);
    pass->told = now;
    pass->progress->update(now.done, "");
    if (now.done >= now.total) pass->progress.reset();
  };
}

}  // namespace dbot::report
