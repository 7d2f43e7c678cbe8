#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "dbot/core/clock.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/train/observer.h"

namespace dbot::report {

struct ProgressOptions {
  bool is_tty = false;                   // a terminal: one line that is rewritten in place
  int columns = 80;                      // of the terminal
  double seconds_between_updates = 0.1;  // on a terminal
  double seconds_before_first = 0;       // there, of CountProgress: shorter work shows nothing
  double seconds_between_lines = 10;     // elsewhere; ends of stages are always told
};

/// Shows how a run goes, to a terminal or a log file. In a log file there are never control
/// characters. Messages may come from any thread.
class Progress : public train::TrainObserver {
 public:
  /// `write` takes finished text (for stderr); `clock` gives seconds from any fixed moment.
  Progress(ProgressOptions options, std::function<void(std::string_view)> write,
           std::function<double()> clock = core::steady_seconds);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Prints a line of its own above the progress line.
  void message(std::string_view text);
  /// Leaves the progress line as it stands and goes to the next; drawing again begins a new one.
  void finish();

  void on_begin(const train::Plan& plan, const train::TrainState& state, methods::Method&) override;
  /// A step that takes longer than a line is shown by its micro-batches.
  void on_micro_batch(const train::StepProgress& progress, methods::Method&) override;
  void on_step(const train::StepRecord& record, methods::Method&) override;
  void on_plan(const train::Plan& plan, const train::TrainState&) override;
  void on_epoch_end(std::int64_t epoch, const train::TrainState& state, methods::Method&) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state, methods::Method&) override;
  void on_end(const train::TrainState& state, methods::Method&) override;

 private:
  // An average that forgets: each new value weighs `share`, corrected for the start.
  struct RunningMean {
    double share = 0.05;
    double sum = 0, weight = 0;
    void add(double value);
    double value() const { return weight > 0 ? sum / weight : -1; }
  };

  void take(const train::Plan& plan);
  void measure(const train::StepRecord& record);
  /// Before the first step is done, its micro-batches are all that is known.
  void measure(const train::StepProgress& progress);
  double interval() const;
  void draw(double least_seconds);
  void finish_line();

  ProgressOptions options_;
  std::function<void(std::string_view)> write_;
  std::function<double()> clock_;
  std::mutex mutex_;
  ProgressFigures figures_;
  RunningMean loss_, seconds_, images_, waited_, ready_;
  double drawn_at_ = 0;
  bool ever_drawn_ = false;
  std::int64_t drawn_step_ = -1, drawn_micro_batch_ = 0;
  bool on_line_ = false;  // the cursor stands behind a drawn progress line
  std::string line_;
};

}  // namespace dbot::report
