#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

#include "dbot/report/metrics/run_figures.h"

namespace dbot::report {

/// Gathers the figures of a run from its metrics.jsonl, in bounded memory, whatever is in the file.
/// Reading again costs only what was added since.
class MetricsDigest {
 public:
  /// Reads on. A file that is missing adds nothing; one that has become shorter is read anew.
  /// Returns the lines so far that were no records.
  std::int64_t read(const std::filesystem::path& path);

  const RunFigures& figures() const { return figures_; }

 private:
  void add_line(const std::string& line);
  void add(const MetricsRecord& record);
  void add_begin(const MetricsRecord& record);
  void add_plan(const MetricsRecord& record);
  void add_validation(const MetricsRecord& record);
  /// Nothing but a note that it is left out, where there are too many.
  void add_to_curve(const std::string& name, std::int64_t step, double value);
  void add_step(const MetricsRecord& record);
  void add_evaluation(const MetricsRecord& record);
  StageFigures& stage_of(const MetricsRecord& record);

  RunFigures figures_;
  std::deque<double> recent_losses_;  // the last 50 of the stage
  std::int64_t recent_stage_ = -1;
  std::uintmax_t read_bytes_ = 0;
  std::int64_t bad_lines_ = 0;
};

}  // namespace dbot::report
