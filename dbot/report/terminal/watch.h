#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/report/metrics/metrics_record.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/report/text/command_texts.h"

namespace dbot::report {

/// What the records of a run say so far, for a live view. Knows neither files nor terminals.
class Watch {
 public:
  void add(const MetricsRecord& record);

  bool begun() const { return begun_; }
  bool finished() const { return finished_; }
  const ProgressFigures& figures() const { return figures_; }
  const std::vector<double>& losses() const { return losses_; }  // of each step; NaN: skipped
  const std::vector<EvaluationRecord>& evaluations() const { return evaluations_; }

 private:
  void add_step(const MetricsRecord& record);

  bool begun_ = false, finished_ = false;
  ProgressFigures figures_;
  std::vector<double> losses_, seconds_;
  std::vector<EvaluationRecord> evaluations_;
};

struct WatchView {
  std::string name = {};             // the run folder, as given
  int columns = 80, rows = 24;       // of the terminal
  double seconds_since_record = -1;  // age of the newest record; negative: not known
  bool writer_gone = false;          // no process holds the run any more
  bool ascii = false;                // no braille and no blocks
  std::string goes_on = CommandTexts().goes_on;
};

/// A whole screen, at most `rows` lines of at most `columns` columns, without line ends.
std::vector<std::string> watch_screen(const Watch& watch, const WatchView& view);

/// Where the run stands, in words: "training", "finished", "no process trains here; the run can go
/// on", ….
std::string watch_status(const Watch& watch, const WatchView& view);

/// The first `columns` columns of UTF-8 text, each code point counted as one.
std::string cut_to_width(const std::string& text, int columns);

}  // namespace dbot::report
