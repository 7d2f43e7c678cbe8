#include "dbot/optim/schedule.h"

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

double scaled_rate(double base_rate, std::int64_t images_per_step) {
  return base_rate * static_cast<double>(images_per_step) / 256.0;
}

}  // namespace dbot::optim
