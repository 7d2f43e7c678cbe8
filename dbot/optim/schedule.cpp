#include "dbot/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dbot::optim {
namespace {

double half_cosine(double peak, double minimum, double progress) {
  return minimum + (peak - minimum) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
}

/// Whole steps of a stage, as a table counts them.
double table_at(const RateShape& shape, const RateTimes& times, double time, double peak) {
  const auto whole = [](double value) { return static_cast<std::int64_t>(value); };
  return table_rate(whole(time - times.begin), whole(times.end - times.begin), whole(times.warmup),
                    peak, shape.minimum);
}

/// The rate once the warm-up is over.
double behind_warmup(const RateShape& shape, const RateTimes& times, double time, double peak) {
  const double elapsed = time - times.begin, length = times.end - times.begin;
  if (shape.shape == ScheduleShape::constant) return peak;
  if (shape.shape == ScheduleShape::step) {
    const double share = elapsed / length;
    double rate = peak;
    for (const double milestone : shape.milestones) rate *= share >= milestone ? shape.factor : 1;
    return rate;
  }
  const double progress =
      std::max(0.0, elapsed - times.warmup) / (length - times.warmup);  // 0…1, of the decay
  if (shape.shape == ScheduleShape::poly) {
    return shape.minimum + (peak - shape.minimum) * std::pow(1 - progress, shape.power);
  }
  return half_cosine(peak, shape.minimum, progress);
}

}  // namespace

double learning_rate(const RateShape& shape, const RateTimes& times, double time, double peak) {
  if (shape.shape == ScheduleShape::table) return table_at(shape, times, time, peak);
  const double elapsed = time - times.begin;
  if (elapsed < times.warmup) return peak * elapsed / times.warmup;
  return behind_warmup(shape, times, time, peak);
}

double learning_rate(double time, double begin, double end, double warmup, double peak,
                     double minimum) {
  return learning_rate({.minimum = minimum}, {begin, end, warmup}, time, peak);
}

std::vector<double> rate_table(std::int64_t steps, std::int64_t warmup, double peak,
                               double minimum) {
  std::vector<double> rates;
  for (std::int64_t step = 0; step < steps; ++step) {
    rates.push_back(table_rate(step, steps, warmup, peak, minimum));
  }
  return rates;
}

double table_rate(std::int64_t step, std::int64_t steps, std::int64_t warmup, double peak,
                  double minimum) {
  if (step < warmup) {
    return warmup > 1 ? peak * static_cast<double>(step) / static_cast<double>(warmup - 1) : 0.0;
  }
  return half_cosine(peak, minimum,
                     static_cast<double>(step - warmup) / static_cast<double>(steps - warmup));
}

double scaled_rate(double base_rate, std::int64_t images_per_step) {
  return base_rate * static_cast<double>(images_per_step) / 256.0;
}

}  // namespace dbot::optim
