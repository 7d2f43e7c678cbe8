#pragma once

#include <cstdint>
#include <memory>

#include "dbot/run/recipe/recipe.h"

namespace dbot::tools {

/// A recipe's training step on synthetic images, clips, texts or rows of 90 labels: forward,
/// backward, clipping and update, as a run makes them, without data loading, observers and files.
/// On a device it is told and repeated as a run's (train.graph), and waited for. Of several
/// processes the part of one: its micro-batches and its share of the update, without what they send
/// each other.
class StepBench {
 public:
  /// `recipe` is resolved (run/recipe/resolve.h). Throws as `pretrain` does.
  explicit StepBench(const run::Recipe& recipe, int processes = 1);
  ~StepBench();
  StepBench(const StepBench&) = delete;
  StepBench& operator=(const StepBench&) = delete;

  /// One optimizer step; its wall time in seconds.
  double step();
  /// So many come before the first that has the time of all others.
  int warm_up_steps() const;
  /// Whether the last one was repeated as a graph.
  bool repeats() const;
  /// Of this process.
  std::int64_t images_per_step() const;
  /// Parameters whose moments this process keeps, and all that are trained.
  std::int64_t updated_parameters() const;
  std::int64_t trained_parameters() const;
  double flops_per_image() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dbot::tools
