#pragma once

#include <cstdint>

// SGD's, LARS' and a moving average's work on a piece of the flat buffers, by one thread.
namespace dbot::ops {

/// What an update computes with, each rounded once from double precision.
struct MomentumFactors {
  float gradient_scale;
  float decay;  // share of the values in the gradient
  float momentum;
  float rate;
  bool nesterov;
};

struct MomentumRange {
  float* values;
  float* gradients;
  float* momentum;  // null: none is kept
  std::int64_t count;
};

/// Sums of squares, for LARS' norms.
struct LayerSquares {
  double values = 0, direction = 0;  // direction: the gradient with the decay
};

struct FlatKernels {
  /// Updates values and momentum; gradients become 0.
  void (*update)(const MomentumFactors& factors, const MomentumRange& range);
  /// Sixty-four float32 sums each, whatever the width of the vectors, then those in float64.
  LayerSquares (*squares)(const MomentumFactors& factors, const MomentumRange& range);
  void (*move_towards)(float* values, const float* towards, float share, std::int64_t count);
};

/// The kernels for the best instruction set of this processor.
FlatKernels flat_kernels();

}  // namespace dbot::ops
