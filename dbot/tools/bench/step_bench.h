#pragma once

#include <cstdint>
#include <memory>

#include "dbot/run/recipe/recipe.h"

namespace dbot::tools {

/// A recipe's training step on synthetic images: forward, backward, clipping and update, as a run
/// makes them, without data loading, observers and files.
class StepBench {
 public:
  /// `recipe` is resolved (run/recipe/resolve.h). Throws as `pretrain` does.
  explicit StepBench(const run::Recipe& recipe);
  ~StepBench();
  StepBench(const StepBench&) = delete;
  StepBench& operator=(const StepBench&) = delete;

  /// One optimizer step; its wall time in seconds.
  double step();
  std::int64_t images_per_step() const;
  double flops_per_image() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dbot::tools
