#include "dbot/optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dbot::optim {
namespace {

double half_cosine(double peak, double minimum, double progress) {
  return minimum + (peak - minimum) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
}

}  // namespace

double learning_rate(double time, double begin, double end, double warmup, double peak,
                     double minimum) {
  const double elapsed = time - begin;
  if (elapsed < warmup) return peak * elapsed / warmup;
  return half_cosine(peak, minimum, (elapsed - warmup) / (end - begin - warmup));
}

std::vector<double> rate_table(std::int64_t steps, std::int64_t warmup, double peak,
                               double minimum) {
  std::vector<double> rates;
  for (std::int64_t step = 0; step < std::min(warmup, steps); ++step) {
    rates.push_back(warmup > 1 ? peak * static_cast<double>(step) / static_cast<double>(warmup - 1)
                               : 0.0);
  }
  const auto rest = static_cast<double>(steps - warmup);
  for (std::int64_t step = 0; step < steps - warmup; ++step) {
    rates.push_back(half_cosine(peak, minimum, static_cast<double>(step) / rest));
  }
  return rates;
}

double scaled_rate(double base_rate, std::int64_t images_per_step) {
  return base_rate * static_cast<double>(images_per_step) / 256.0;
}

}  // namespace dbot::optim
