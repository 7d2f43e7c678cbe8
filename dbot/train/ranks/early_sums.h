#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "dbot/nn/parameters.h"
#include "dbot/train/ranks/ranks.h"

namespace dbot::train {

/// Sums the gradients of all ranks piece by piece, each as soon as the last backward pass of a step
/// has made it, while that makes the others. Pieces are ranges of the flat buffer in a fixed order:
/// matrices from the last to the first, as backward passes come to them, then vectors. The sums are
/// those of one piece, bit for bit, since each value's additions are the same.
///
/// What is complete when is read from the graph: every node that adds to a leaf's gradient is
/// counted, whether it is autograd's own or writes it itself (ops/written_leaves.h).
class EarlySums {
 public:
  /// `parameters` and `ranks` must outlive this. Pieces have about so many bytes.
  EarlySums(nn::ParameterStore& parameters, Ranks& ranks, std::int64_t bytes);
  ~EarlySums();
  EarlySums(const EarlySums&) = delete;
  EarlySums& operator=(const EarlySums&) = delete;

  /// The backward pass of `loss` comes next, and is the last one of the step. From here to `finish`
  /// nobody else uses the group.
  void begin(const at::Tensor& loss);
  /// Until all is summed; also what the pass left out, or all, if there was none. Throws what a sum
  /// has thrown.
  void finish();

 private:
  class Work;

  nn::ParameterStore& parameters_;
  Ranks& ranks_;
  std::int64_t bytes_;
  std::unique_ptr<Work> work_;  // between `begin` and `finish`
};

}  // namespace dbot::train
