#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/step_graph.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/late/late_step.h"

namespace dbot::train {

/// Whether steps on a device are recorded once and repeated (train.graph).
enum class GraphUse { automatic, on, off };

/// A training step that a device repeats without being told (runtime::StepGraph).
//
// Design goals: the bits are those of plain steps. Batches and draws are copied into fixed tensors,
// all else that changes from step to step lies on the device. The first steps of a network are
// plain: they make what is made once.
// Non-goals: what a step computes.
class RepeatedStep {
 public:
  /// on: it is an error where a step cannot be recorded; automatic: steps stay plain then.
  RepeatedStep(const runtime::Device& device, GraphUse use, core::Log log);

  /// Tells the device one step of these micro-batches.
  using Tell = std::function<StepFigures(const std::vector<MicroBatch>& micro_batches)>;

  /// Whether the next step goes through `make`; else it is a plain one, and to be told here.
  bool is_due() const { return !gave_up_ && plain_steps_ >= kPlainSteps; }
  void saw_plain_step() { ++plain_steps_; }

  /// A step of micro-batches of the host: the recorded one, or `tell` by itself where their shapes
  /// are others than before, after which the step is recorded anew.
  StepFigures make(const std::vector<MicroBatch>& micro_batches, const Tell& tell);
  /// Parameters have moved, or the network is another one.
  void forget();

  static constexpr int kPlainSteps = 3;

 private:
  bool fits(const std::vector<MicroBatch>& micro_batches) const;
  std::vector<MicroBatch> on_device(const std::vector<MicroBatch>& micro_batches) const;
  /// False where the step could not be recorded.
  bool record(const std::vector<MicroBatch>& micro_batches, const Tell& tell);

  runtime::Device device_;
  GraphUse use_;
  core::Log log_;
  int plain_steps_ = 0;
  bool gave_up_ = false;
  // In this order: what the graph reads and writes outlives it.
  std::vector<MicroBatch> inputs_;
  std::optional<StepFigures> figures_;
  std::unique_ptr<runtime::StepGraph> graph_;
};

}  // namespace dbot::train
