#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace dbot::ops {

/// What a node of the graph is, too, that adds gradients of leaves to their `grad()` by itself, in
/// place of handing them on to the nodes that autograd has for that.
class WritesLeaves {
 public:
  virtual ~WritesLeaves() = default;
  /// Their gradients are complete, as far as this node goes, when it has been run.
  virtual std::vector<at::Tensor> written_leaves() const = 0;
};

}  // namespace dbot::ops
