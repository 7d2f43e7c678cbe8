#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "dbot/nn/parameters.h"
#include "dbot/ops/flat_updates.h"

namespace dbot::optim {

/// A contiguous range of flat buffers that is updated with the same settings.
struct ParameterGroup {
  at::Tensor values;     // 1-D view
  at::Tensor gradients;  // 1-D view, same length
  double weight_decay = 0;
  double rate_scale = 1;
  /// Its tensors of more than one dimension, in order: what LARS scales each by itself.
  std::vector<ops::FlatRange> layers = {};
};

/// The two groups of MAE and dBOT: vectors (biases and gains) without decay, then matrices with it.
/// Throws Error if the parameters are frozen.
std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters, double weight_decay);

/// Euclidean norm over all gradients of all groups; not finite if one is not.
double gradient_norm(const std::vector<ParameterGroup>& groups);

}  // namespace dbot::optim
