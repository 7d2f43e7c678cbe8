#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/convolution/convolution.h"
#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

// Layers whose weights several tasks share, each task with a mask of its own.
// docs/methods/exssnet.md §2.
//
// Design goals: a layer is a shape and a way to apply a weight; which weights of it count is the
// caller's business, so that masks, straight-through gradients and frozen parts stand in one place.
// Non-goals: biases, and gains of BatchNorm: no task could own them.
namespace dbot::nn {

enum class MaskedLayerKind {
  dense,     // weight [outputs, inputs]
  planes,    // [outputs, inputs, kernel, kernel], a square convolution
  sequence,  // [outputs, inputs, kernel], a convolution along positions, without padding
};

struct MaskedLayer {
  MaskedLayerKind kind = MaskedLayerKind::dense;
  std::string name;  // "layer1.0.conv1"
  std::string norm;  // of the BatchNorm behind it; empty: none
  std::vector<std::int64_t> shape;
  std::int64_t stride = 1, padding = 0;  // of planes
  double places = 1;                     // of the result of one sample

  std::int64_t elements() const;
  double multiply_adds() const;
};

MaskedLayer dense_layer(std::string name, std::int64_t inputs, std::int64_t outputs);
MaskedLayer planes_layer(const ConvolutionLayer& layer);
MaskedLayer sequence_layer(std::string name, std::int64_t inputs, std::int64_t outputs,
                           std::int64_t kernel, std::int64_t length);

/// name.weight: signed constants, ±√(2/fan_in).
std::vector<ParameterSpec> masked_weights(const std::vector<MaskedLayer>& layers);
/// name.scores of one task: U(±1/√fan_in).
std::vector<ParameterSpec> masked_scores(const std::vector<MaskedLayer>& layers);
/// The running values of one task's BatchNorms.
std::vector<ParameterSpec> masked_norms(const std::vector<MaskedLayer>& layers);

/// weight · x in the type `compute`; float32. x: [batch, inputs] of a dense layer, [batch, inputs,
/// height, width] of planes, [batch, inputs, positions] of a sequence.
at::Tensor apply_masked(const MaskedLayer& layer, const at::Tensor& x, const at::Tensor& weight,
                        at::ScalarType compute);

/// How many weights of a layer a mask keeps.
enum class DensityRule { normal, er };
struct MaskDensity {
  DensityRule rule = DensityRule::normal;
  double density = 0.1;  // normal: of every layer
  double scale = 1;  // er (Erdős–Rényi): times (inputs + outputs)/elements, at most one half
};

/// The density of a layer. Source of er: SupSup (Wortsman et al., arXiv 2006.14769), whose bound
/// of 0.5 it keeps.
double density_of(const MaskedLayer& layer, const MaskDensity& density);

}  // namespace dbot::nn
