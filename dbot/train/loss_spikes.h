#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dbot::train {

/// Ends a run whose loss leaps: train.spike_factor. docs/methods/mae_st.md §6.
class LossSpikes {
 public:
  /// `factor`: of the mean loss of the five steps before; 0: never.
  explicit LossSpikes(double factor) : factor_(factor) {}

  /// Of each step, in order. Throws Error where the loss is above the factor; the first five steps
  /// of a stage, and of a process that goes on with a run, are only remembered, as are losses that
  /// are not finite passed over.
  void see(std::int64_t stage, std::int64_t step, double loss);

 private:
  static constexpr std::size_t kSteps = 5;

  double factor_;
  std::int64_t stage_ = -1;
  std::size_t seen_ = 0;  // of the stage
  std::array<double, kSteps> last_ = {};
};

}  // namespace dbot::train
