#pragma once

#include <cstdint>
#include <optional>

namespace dbot::run {

/// How long a run will take, from its first real steps: nothing else knows the data, the disk and
/// what other programs leave of the machine. The very first steps are slower than the rest and do
/// not count.
class TimeEstimate {
 public:
  /// What is known besides the steps, when the first step is made.
  struct Rest {
    double seconds_before = 0;      // of this process before its first step
    double seconds_afterwards = 0;  // expected for what comes beside the steps: evaluations
  };

  /// `steps`: those that this process has to make.
  explicit TimeEstimate(std::int64_t steps) : steps_(steps) {}

  /// Seconds and images of one more step. True once, when enough of them were seen.
  bool add(double seconds, std::int64_t images);

  /// Of all steps and the rest.
  double total_seconds(const Rest& rest) const;
  double images_per_second() const;

 private:
  std::int64_t steps_;
  std::int64_t seen_ = 0, counted_ = 0, images_ = 0;
  double early_seconds_ = 0, seconds_ = 0;
  bool told_ = false;
};

/// A first word on the time of a run of slow steps, from one micro-batch, long before TimeEstimate
/// has seen enough. Quick steps need none.
class FirstForecast {
 public:
  /// Seconds of one more micro-batch, and how many there are in a step. Once, the seconds of a
  /// step: by the second micro-batch, or by the first where that was slow beyond all warming up.
  std::optional<double> add(double seconds, std::int64_t micro_batches);

 private:
  std::int64_t seen_ = 0;
};

}  // namespace dbot::run
