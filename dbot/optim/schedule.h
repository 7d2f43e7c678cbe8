#pragma once

#include <cstdint>
#include <vector>

// Learning rates over the time of a stage. All times are in one unit (epochs or steps); fractions
// are allowed.
namespace dbot::optim {

/// How the rate goes from its peak to the end of a stage, behind a linear warm-up.
enum class ScheduleShape {
  cosine,    // half a cosine to the minimum
  step,      // times `factor` at each milestone
  poly,      // a power of the share that is left, to the minimum
  constant,  // the peak
  table      // rate_table: a rate for each step
};

/// The shape with its numbers, apart from the lengths.
struct RateShape {
  ScheduleShape shape = ScheduleShape::cosine;
  double minimum = 0;                   // of cosine, poly and table
  std::vector<double> milestones = {};  // of step: shares of the stage, warm-up included
  double factor = 0.1;                  // of step
  double power = 1;                     // of poly
};

/// A stage and its warm-up.
struct RateTimes {
  double begin = 0, end = 0;  // of the stage
  double warmup = 0;
};

/// The rate at time `time` of the stage. The warm-up is linear from 0 to the peak; that of `table`
/// reaches the peak a step earlier, and its unit is steps.
double learning_rate(const RateShape& shape, const RateTimes& times, double time, double peak);

/// The same of a cosine. docs/methods/mae.md §5, docs/methods/dbot.md §6.
double learning_rate(double time, double begin, double end, double warmup, double peak,
                     double minimum);

/// The rate of every step of a stage of `steps` steps, as the symmetric variant tabulates it:
/// `warmup` steps from 0 to the peak, both included, then half a cosine that starts at the peak
/// again and stops one step short of the minimum. docs/methods/dbot.md §8.
std::vector<double> rate_table(std::int64_t steps, std::int64_t warmup, double peak,
                               double minimum);
/// One of its entries.
double table_rate(std::int64_t step, std::int64_t steps, std::int64_t warmup, double peak,
                  double minimum);

/// base_rate · images per optimizer step / 256.
double scaled_rate(double base_rate, std::int64_t images_per_step);

}  // namespace dbot::optim
