#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string_view>
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

/// The same where some parameters have a rate of their own: each of the two parts is cut where the
/// rule changes, so that the groups are as long whatever `scale` is.
struct ScaledRate {
  std::function<bool(std::string_view name)> is_for;
  double scale = 1;  // of the learning rate
};
std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters, double weight_decay,
                                               const ScaledRate& rate);

/// Where in the flat buffers groups begin, in elements: at the first trained tensor, at every one
/// whose class differs from that of the tensor before it, and where decay begins.
std::vector<std::int64_t> group_begins(
    const nn::ParameterStore& parameters,
    const std::function<std::int64_t(std::string_view name)>& class_of);

/// Euclidean norm over all gradients of all groups; not finite if one is not.
double gradient_norm(const std::vector<ParameterGroup>& groups);
/// The same as a number on the device of the gradients, float64 without dimension: nothing waits.
/// At least one group.
at::Tensor gradient_norm_on_device(const std::vector<ParameterGroup>& groups);

}  // namespace dbot::optim
