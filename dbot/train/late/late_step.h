#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

#include "dbot/runtime/late_copy.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/capture/scalar_sums.h"
#include "dbot/train/observer.h"

// A step on a device of which the host knows nothing yet.
//
// Design goals: the host tells the device a step ahead, so that the device never waits for it. What
// a step came to is read while the next one runs; whether it counts is decided on the device.
// Non-goals: what several processes have to agree on; they wait for each other anyway.
namespace dbot::train {

/// What a step came to, where it lies: all in one tensor, so that it is read at once.
struct StepFigures {
  at::Tensor values;        // float64: losses, norm, skipped, scalars
  std::size_t losses = 0;   // of the micro-batches
  ScalarSums scalars = {};  // which they are
};

/// norm: float64, before clipping; skipped: 1 where the step does not count, else 0.
StepFigures figures_of(const GradientStep& gradients, const at::Tensor& norm,
                       const at::Tensor& skipped);

/// The same on its way to the host.
class LateFigures {
 public:
  explicit LateFigures(const StepFigures& figures);

  struct Values {
    std::vector<double> losses;  // of the micro-batches
    double norm = 0;
    bool skipped = false;
    std::vector<ScalarSum> scalars;
  };
  /// Waits for the step, not for what the device was told behind it.
  Values read();

 private:
  std::size_t losses_;
  ScalarSums scalars_;
  runtime::LateCopy copy_;
};

struct LateStep {
  TrainState before;  // the step
  StepRecord record;  // but for what the figures hold
  LateFigures figures;
  bool closes_gate = false;  // it is made again where it was skipped
};

/// Decides on the device whether a step counts: its losses and its gradients are finite. Where a
/// step that does not count is to be looked at, none behind it counts either until `open`: the
/// weights stay those before it.
class StepGate {
 public:
  explicit StepGate(const at::Tensor& like);

  /// Whether it closes behind a step that does not count.
  void close_behind_skips(bool closes);
  /// float32 without dimension: 1 where the step is skipped, else 0.
  at::Tensor skipped(const std::vector<at::Tensor>& losses, const at::Tensor& norm) const;
  void open();

 private:
  at::Tensor closed_, closes_;  // 1 or 0, the first for the step to come
  bool closes_behind_ = false;
};

}  // namespace dbot::train
