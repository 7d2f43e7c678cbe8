#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "dbot/report/metrics/curve.h"
#include "dbot/report/metrics/metrics_record.h"

// The figures of a whole run, of any length in bounded memory: what the page draws and what advice
// is given on.
namespace dbot::report {

struct StageFigures {
  double first_loss = std::numeric_limits<double>::quiet_NaN();  // of its first finite step
  double last_loss = std::numeric_limits<double>::quiet_NaN();   // mean of its last 50 steps
  double peak_memory_bytes = std::numeric_limits<double>::quiet_NaN();
  std::int64_t steps = 0;
  std::int64_t skipped_steps = 0;
  double seconds = 0;  // in steps
  bool ended = false;
};

struct RunFigures {
  // The plan; 0 or empty before the first record.
  std::int64_t planned_stages = 0, total_steps = 0, steps_per_epoch = 0;
  std::vector<std::int64_t> stage_begin;  // planned_stages + 1 entries

  // Where the run stands.
  std::int64_t step = 0;
  std::int64_t stage = 0;  // counted from 0
  double epoch = 0;
  std::int64_t images_seen = 0;
  bool finished = false;

  double seconds = 0;            // in steps, all processes of the run together
  double data_wait_seconds = 0;  // of these
  std::int64_t images_trained = 0;
  std::int64_t skipped_steps = 0;
  std::vector<std::int64_t> skipped;  // which; the first 1,000

  /// "loss", "learning_rate", "gradient_norm", "images_per_second", "data_wait_fraction",
  /// "scalars.NAME" for the method's own, and "validation.NAME" for those of held-out samples.
  std::map<std::string, Curve> curves;
  bool curves_left_out = false;                 // there are more figures than curves that are kept
  std::map<std::int64_t, StageFigures> stages;  // by stage, counted from 0
  std::vector<EvaluationRecord> evaluations;

  /// The curve of that name; an empty one if there is none.
  const Curve& curve(const std::string& name) const;
};

}  // namespace dbot::report
