#pragma once

#include <cstdint>

// The optimizer's work on a piece of the flat buffers, by one thread.
namespace dbot::ops {

/// What an update computes with, each rounded once from double precision.
struct AdamWFactors {
  float gradient_scale;
  float kept;        // 1 − rate · decay; 1 for Adam
  float decay;       // share of the values in the gradient: Adam's decay; 0 for AdamW
  float share1;      // 1 − β₁
  float beta2;       // β₂
  float share2;      // 1 − β₂
  float root_scale;  // 1/sqrt(1 − β₂^step)
  float eps;
  float rate;  // learning rate/(1 − β₁^step)
};

struct AdamWRange {
  float* values;
  float* gradients;
  float* exp_avg;
  float* exp_avg_sq;
  std::int64_t count;
};

struct AdamWKernels {
  /// Sixty-four float32 sums, whatever the width of the vectors, then those in float64.
  double (*sum_of_squares)(const float* values, std::int64_t count);
  /// Update values and moments; gradients become 0.
  void (*adamw)(const AdamWFactors& factors, const AdamWRange& range);
  void (*adam)(const AdamWFactors& factors, const AdamWRange& range);
};

/// The kernels for the best instruction set of this processor.
AdamWKernels adamw_kernels();

}  // namespace dbot::ops
