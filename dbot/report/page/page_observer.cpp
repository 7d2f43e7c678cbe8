#include "dbot/report/page/page_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "dbot/core/files/files.h"
#include "dbot/report/page/page.h"

namespace dbot::report {
namespace {

constexpr double seconds_between = 60;
constexpr double most_of_the_time = 0.01;

}  // namespace

PageObserver::PageObserver(const std::filesystem::path& run, const CommandTexts& commands,
                           core::Log log, std::function<double()> clock)
    : path_(run / "report.html"),
      data_(run, commands),
      log_(std::move(log)),
      clock_(std::move(clock)) {}

void PageObserver::write(RunState state) {
  const double begun = clock_();
  try {
    core::write_file_atomically(path_, page_html({data_.json(state)}));
    failed_ = false;
  } catch (const std::exception& error) {
    // One warning for one cause: a full disk stays full.
    if (!failed_) log_(core::LogLevel::warning, fmt::format("no report: {}", error.what()));
    failed_ = true;
  }
  written_at_ = clock_();
  cost_ = written_at_ - begun;
}

void PageObserver::on_begin(const train::Plan&, const train::TrainState&, methods::Method&) {
  write(RunState::running);
}

void PageObserver::on_epoch_end(std::int64_t, const train::TrainState&, methods::Method&) {
  const double pause = std::max(seconds_between, cost_ / most_of_the_time);
  if (clock_() - written_at_ >= pause) write(RunState::running);
}

void PageObserver::on_stage_end(std::int64_t, const train::TrainState&, methods::Method&) {
  write(RunState::running);
}

void PageObserver::on_end(const train::TrainState&, methods::Method&) {
  write(RunState::finished);
}

}  // namespace dbot::report
