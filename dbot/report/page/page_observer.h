#pragma once

#include <filesystem>
#include <functional>

#include "dbot/core/clock.h"
#include "dbot/core/log.h"
#include "dbot/report/page/page_data.h"
#include "dbot/train/observer.h"

namespace dbot::report {

/// Keeps RUN/report.html up to date: at the beginning, at the ends of stages and of the run, and at
/// the ends of epochs, at most once a minute and never for more than a hundredth of the time. A
/// page that cannot be written is a warning and no more.
class PageObserver : public train::TrainObserver {
 public:
  /// It must stand behind all observers whose results the page shows. The page shows `commands`;
  /// `clock` gives seconds from any fixed moment.
  PageObserver(const std::filesystem::path& run, const CommandTexts& commands, core::Log log,
               std::function<double()> clock = core::steady_seconds);

  /// Writes the page as of now. After the run has returned: `state` says how it ended.
  void write(RunState state);
  /// Of the page as it was last written.
  const PageSummary& summary() const { return data_.summary(); }

  void on_begin(const train::Plan&, const train::TrainState&, methods::Method&) override;
  void on_epoch_end(std::int64_t, const train::TrainState&, methods::Method&) override;
  void on_stage_end(std::int64_t, const train::TrainState&, methods::Method&) override;
  void on_end(const train::TrainState&, methods::Method&) override;

 private:
  std::filesystem::path path_;
  PageData data_;
  core::Log log_;
  std::function<double()> clock_;
  double written_at_ = 0;
  double cost_ = 0;  // seconds of the last writing
  bool failed_ = false;
};

}  // namespace dbot::report
