#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace dbot::optim {

/// Adds the gradients of a step's lanes in a binary tree of neighbours, whose shape depends on
/// their number alone. A step's micro-batches are cut into L neighbouring lanes; inside a lane they
/// add up in order, in the flat gradient buffer. A rank of N has L / N neighbouring lanes, and
/// `runtime::Group::sum` goes on with the tree over the ranks: so 1, 2, 4, … L ranks give the same
/// bits.
///
/// One pass over memory a lane, none for a single one, and log2(lanes) buffers beside the flat one.
class LaneSum {
 public:
  /// `lanes`: of this rank, a power of two; Error otherwise.
  explicit LaneSum(std::int64_t lanes);

  /// `gradients` (flat, float32) are those of the next lane. They become zero, so that the lane
  /// after it can begin; of the last lane, the sum of all.
  void add(const at::Tensor& gradients);
  /// Forgets the lanes so far: their step is not made.
  void restart();
  /// Buffers that it holds.
  std::int64_t buffers() const { return static_cast<std::int64_t>(sums_.size() + free_.size()); }

 private:
  at::Tensor free_buffer(const at::Tensor& like);

  std::int64_t lanes_, done_ = 0;
  std::vector<at::Tensor> sums_;  // open subtrees, the largest first
  std::vector<at::Tensor> free_;
};

}  // namespace dbot::optim
