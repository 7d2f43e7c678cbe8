#include "dbot/run/facts/time_estimate.h"

#include <algorithm>

namespace dbot::run {
namespace {

constexpr std::int64_t kFewestSteps = 50;  // a shorter run is over before its time is known
constexpr std::int64_t kWarmUpSteps = 2;
constexpr std::int64_t kFewestCounted = 5;
constexpr double kEnoughSeconds = 3;
constexpr double kEnoughShare = 0.02;  // of the steps

constexpr double kBeyondWarmUp = 5;  // seconds of a first micro-batch
constexpr double kSlowStep = 1;      // seconds

}  // namespace

bool TimeEstimate::add(double seconds, std::int64_t images) {
  if (told_ || steps_ < kFewestSteps) return false;
  if (++seen_ <= kWarmUpSteps) {
    early_seconds_ += seconds;
    return false;
  }
  ++counted_;
  images_ += images;
  seconds_ += seconds;
  const double share = static_cast<double>(counted_) / static_cast<double>(steps_);
  const bool enough = seconds_ >= kEnoughSeconds || share >= kEnoughShare;
  told_ = counted_ >= kFewestCounted && enough;
  return told_;
}

double TimeEstimate::total_seconds(const Rest& rest) const {
  const double of_a_step = seconds_ / static_cast<double>(std::max<std::int64_t>(1, counted_));
  return rest.seconds_before + early_seconds_ +
         of_a_step * static_cast<double>(steps_ - kWarmUpSteps) + rest.seconds_afterwards;
}

double TimeEstimate::images_per_second() const {
  return seconds_ > 0 ? static_cast<double>(images_) / seconds_ : 0;
}

std::optional<double> FirstForecast::add(double seconds, std::int64_t micro_batches) {
  ++seen_;
  if (seen_ > 2 || (seen_ == 1 && seconds < kBeyondWarmUp)) return std::nullopt;
  seen_ = 2;
  const double of_a_step = seconds * static_cast<double>(micro_batches);
  return of_a_step >= kSlowStep ? std::optional(of_a_step) : std::nullopt;
}

}  // namespace dbot::run
