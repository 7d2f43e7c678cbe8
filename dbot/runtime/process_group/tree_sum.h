#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/runtime/process_group/cuts.h"
#include "dbot/runtime/process_group/links.h"

namespace dbot::runtime {

/// Sums over a power of two of ranks in a binary tree of neighbours: (r0 + r1) + (r2 + r3). Ranks
/// at distance 1 exchange halves of the buffer and add, then those at distance 2 quarters, and so
/// on; the way back doubles. Each rank sends 2 · (ranks − 1) / ranks of the buffer, as in a ring.
/// Rabenseifner, ICCS 2004, with the distances from the smallest: so that the tree goes on over
/// ranks as it is inside one (optim/lane_sum.h) and the number of ranks changes no bit.
class TreeSum {
 public:
  /// Halves the buffer by `cuts` until each rank has the sum of its shard, in its place; the rest
  /// of `flat` is spent.
  void reduce_scatter(const Links& links, const at::Tensor& flat, const Cuts& cuts, double seconds);
  /// The shard of each rank to all.
  static void all_gather(const Links& links, const at::Tensor& flat, const Cuts& cuts,
                         double seconds);

 private:
  /// Memory for what a partner sends: half of the largest buffer so far.
  at::Tensor inbox(const at::Tensor& like);

  at::Tensor inbox_;
};

}  // namespace dbot::runtime
