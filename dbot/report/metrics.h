#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dbot/report/metrics_record.h"
#include "dbot/train/observer.h"

namespace dbot::report {

/// Writes metrics.jsonl: one JSON object a line, handed to the system line by line. Where a run
/// goes on from a checkpoint, what an earlier process wrote after it is cut off first. Throws Error
/// with the path and the reason if the file cannot be written.
class MetricsFile : public train::TrainObserver {
 public:
  /// Touches nothing until the run begins. It must stand before all observers that write through
  /// it.
  explicit MetricsFile(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  void write(const EvaluationRecord& record);

  void on_begin(const train::Plan& plan, const train::TrainState& state, methods::Method&) override;
  void on_step(const train::StepRecord& record, methods::Method&) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state, methods::Method&) override;
  void on_end(const train::TrainState& state, methods::Method&) override;

 private:
  void write_line(std::string line);

  std::filesystem::path path_;
  std::ofstream file_;
};

/// All whole records of the file, in order; others (a line that a kill has torn) are passed over.
/// Empty if there is no such file.
std::vector<MetricsRecord> read_metrics(const std::filesystem::path& path);

/// The evaluations among the records.
std::vector<EvaluationRecord> read_evaluations(const std::filesystem::path& path);

/// Cuts the file off at its first record of a later step than `step`, or where a line is torn.
void cut_metrics(const std::filesystem::path& path, std::int64_t step);

}  // namespace dbot::report
