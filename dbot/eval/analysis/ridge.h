#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace dbot::eval {

/// An affine map between rows of features, in double precision.
struct AffineMap {
  at::Tensor weight;                   // [inputs, outputs]
  at::Tensor input_mean, target_mean;  // of the rows it was fitted on
  double ridge = 0;                    // what was added to the diagonal

  /// inputs: [rows, inputs] → [rows, outputs].
  at::Tensor operator()(const at::Tensor& inputs) const;
};

/// Sums over rows of inputs and targets from which ridge regression follows: rows come in batches
/// and are not kept. Double precision. docs/methods/imae.md §6.
class RidgeSums {
 public:
  /// inputs: [rows, n], targets: [rows, m], of any floating-point type.
  void add(const at::Tensor& inputs, const at::Tensor& targets);
  std::int64_t rows() const { return rows_; }
  /// W = (Zc'Zc + ridge·I)⁻¹ Zc'Tc of the centred rows. Without `ridge` it is
  /// 1e-3 · trace(Zc'Zc) / n. Throws UsageError where no row was added, for a ridge below 0, and
  /// where the equations have no solution.
  AffineMap fit(std::optional<double> ridge) const;

 private:
  std::int64_t rows_ = 0;
  at::Tensor input_sum_, target_sum_;  // [n], [m]
  at::Tensor gram_, cross_;            // Z'Z [n, n], Z'T [n, m]
};

/// How much of the targets a map leaves over on rows that it was not fitted on, for each of several
/// blocks of columns of the same width: Σ|P − T|² / Σ|T − mean_train(T)|².
class LeftOver {
 public:
  LeftOver(AffineMap map, std::int64_t blocks);
  void add(const at::Tensor& inputs, const at::Tensor& targets);
  /// Of a block; NaN where its targets do not vary.
  double nmse(std::int64_t block) const;

 private:
  AffineMap map_;
  std::int64_t blocks_;
  at::Tensor error_, spread_;  // [blocks]
};

}  // namespace dbot::eval
