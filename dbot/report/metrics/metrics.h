#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/files/append_file.h"
#include "dbot/core/log.h"
#include "dbot/core/patience.h"
#include "dbot/core/rarely.h"
#include "dbot/report/metrics/metrics_record.h"
#include "dbot/train/observer.h"

namespace dbot::report {

/// Writes metrics.jsonl: one JSON object a line, handed to the system line by line. When a run goes
/// on from a checkpoint, records of later steps are cut off first. A finished run stays as it is.
///
/// Throws Error with path and reason if the file cannot be opened. If the disk refuses a line
/// later, lines wait in memory; at the end they are tried for as long as `patience`, then an Error
/// says so.
class MetricsFile : public train::TrainObserver {
 public:
  /// Touches nothing until the run begins. It must stand before all observers that write through
  /// it.
  explicit MetricsFile(std::filesystem::path path, core::Log log = core::silent_log(),
                       core::Patience patience = {})
      : path_(std::move(path)), log_(std::move(log)), patience_(patience) {}

  const std::filesystem::path& path() const { return path_; }
  void write(const EvaluationRecord& record);

  void on_begin(const train::Plan& plan, const train::TrainState& state, methods::Method&) override;
  void on_step(const train::StepRecord& record, methods::Method&) override;
  void on_validation(const train::ValidationRecord& record, methods::Method&) override;
  void on_plan(const train::Plan& plan, const train::TrainState& state) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state, methods::Method&) override;
  void on_end(const train::TrainState& state, methods::Method&) override;

 private:
  void write_line(std::string line);

  std::filesystem::path path_;
  core::Log log_;
  core::Patience patience_;
  core::AppendFile file_;
  core::Rarely failures_;
  bool has_end_ = false;             // of an earlier process
  std::int64_t validated_step_ = 0;  // of the last validation in the file
};

/// All whole records of the file, in order; others (a line that a kill has torn) are passed over.
/// Empty if there is no such file.
std::vector<MetricsRecord> read_metrics(const std::filesystem::path& path);

/// The evaluations among the records.
std::vector<EvaluationRecord> read_evaluations(const std::filesystem::path& path);

/// Cuts the file off at its first record of a later step than `step`, or where a line is torn.
void cut_metrics(const std::filesystem::path& path, std::int64_t step);

}  // namespace dbot::report
