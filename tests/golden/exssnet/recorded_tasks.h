#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "dbot/methods/supermask_tasks/task_networks.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

// What ExSSNeT's fixtures have in common: the reference's names and shapes, and its networks.
namespace dbot::golden {

/// Values and gradients of ExSSNeT's files.
inline constexpr ElementLimit kTaskLimit{.absolute = 1e-5, .relative = 1e-4};

/// The reference's name of a layer or a BatchNorm: its shortcut is torchvision's downsample.
std::string reference_name(const std::string& ours);

/// The network of a file of LeNet or of GEM's ResNet-18: `width_mult`, `density`, `classes`.
methods::TaskNetworksConfig recorded_network(const nlohmann::json& config);

/// A tensor of the file in the shape of ours: the reference writes dense layers as convolutions.
at::Tensor in_shape_of(const at::Tensor& ours, const at::Tensor& theirs);
/// The other way round.
at::Tensor as_recorded(const Fixture& fixture, const std::string& name, const at::Tensor& ours);

/// Gives the networks the weights `prefix`LAYER.weight.
void set_weights(const Fixture& fixture, const std::string& prefix,
                 methods::TaskNetworks& networks);
/// The scores `prefix`LAYER.scores.TASK by our names.
runtime::NamedTensors recorded_scores(const Fixture& fixture, const std::string& prefix,
                                      std::int64_t task, const methods::TaskNetworks& networks);

/// Scores and weights under the mask of the scores, both with their gradients.
nn::MaskedWeight differentiable(const methods::TaskNetworks& networks);
/// The same under other masks.
nn::MaskedWeight differentiable(const methods::TaskNetworks& networks,
                                std::vector<at::Tensor> masks);

/// Compares the gradients of weights and scores with `prefix`grad.LAYER.weight and .scores, and
/// clears them. `signs`: whether scores and all masks are known; otherwise the magnitudes of
/// what follows from the known ones are compared.
void compare_gradients(const Fixture& fixture, const std::string& prefix,
                       const methods::TaskNetworks& networks, Comparison& comparison,
                       bool signs = true);

}  // namespace dbot::golden
