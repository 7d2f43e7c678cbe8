#pragma once

#include <cstdint>

namespace dbot::train {

/// The micro-batches of an optimizer step that one process makes, and how their gradients add up.
/// docs/distributed.md.
struct StepShare {
  std::int64_t first = 0;  // its first micro-batch, in the step
  std::int64_t count = 1;  // its micro-batches, neighbours
  std::int64_t of = 1;     // micro-batches of the step
  /// Into so many neighbouring lanes `count` is divided: inside a lane gradients add up in order,
  /// lanes in a binary tree.
  std::int64_t lanes = 1;

  std::int64_t micro_batches_per_lane() const { return count / lanes; }
};

/// Throws UsageError, with numbers that do, unless so many ranks divide the `accumulate`
/// micro-batches of a step, of `batch_size` images each.
void check_division(std::int64_t batch_size, std::int64_t accumulate, int ranks);

/// The share of a rank, of a step of `accumulate` micro-batches in `lanes` lanes, which the ranks
/// divide (Error otherwise). Where the number of ranks does not divide the lanes, a rank has one
/// lane, and sums are equal up to rounding only (`same_bits`).
StepShare share_of_step(std::int64_t accumulate, std::int64_t lanes, int rank, int ranks);

/// A step whole, in one process.
StepShare whole_step(std::int64_t accumulate, std::int64_t lanes);

/// Whether so many ranks give the bits of one process.
bool same_bits(std::int64_t lanes, int ranks);

/// Lanes of a run where the recipe leaves them open: as many as there are processes, if they are a
/// power of two; else 1.
std::int64_t default_lanes(int ranks);

/// Throws UsageError, with numbers that do, unless lanes are a power of two that divides the
/// micro-batches of a step. 0, left open, is fine.
void check_lanes(std::int64_t accumulate, std::int64_t lanes);

}  // namespace dbot::train
