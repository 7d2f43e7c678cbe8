#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dbot/optim/optimizer_config.h"
#include "dbot/optim/parameter_group.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::optim {

/// What gradients do to parameters. The groups, the clipping, the state and its way into
/// checkpoints are the same for all; a kind adds the update of one group.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Over all groups, before clipping.
  double gradient_norm() const { return optim::gradient_norm(groups_); }
  /// min(1, clip / (norm + 1e-6)); 1 if `clip_norm` is 0. docs/methods/dbot.md §6.
  static double clip_scale(double norm, double clip_norm);
  /// One update. Gradients are multiplied by `gradient_scale` first (clipping) and are zero after.
  void step(double learning_rate, double gradient_scale = 1.0);
  /// New groups of the same sizes (a fresh student), state kept.
  void rebind(std::vector<ParameterGroup> groups);
  /// Updates so far.
  std::int64_t steps() const { return steps_; }

  /// Its flat tensors by name (float32, groups concatenated) and "step" (int64 scalar).
  runtime::NamedTensors state() const;
  /// The inverse. Throws DataError naming a tensor that is missing, has another size, or is none of
  /// this kind's; then nothing is changed.
  void load_state(const runtime::NamedTensors& state);

 protected:
  /// `moments` names the flat tensors of its state. They are zero.
  Optimizer(std::string name, std::vector<ParameterGroup> groups,
            const std::vector<std::string>& moments);
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

  const at::Tensor& moment(std::size_t which) const { return moments_.at(which).second; }

 private:
  /// Updates a group; `moments` are its parts of the flat tensors. `steps()` counts this one.
  virtual void update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                      double learning_rate, double gradient_scale) = 0;

  std::string name_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::pair<std::string, at::Tensor>> moments_;
  std::int64_t steps_ = 0;
};

/// The one that `config.kind` names.
std::unique_ptr<Optimizer> make_optimizer(std::vector<ParameterGroup> groups,
                                          const OptimizerConfig& config);

}  // namespace dbot::optim
