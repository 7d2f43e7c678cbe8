#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dbot/ops/step_numbers.h"
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
  /// Updates so far. Waits for a device.
  std::int64_t steps() const;

  // ---- For groups on a device: between gradients and weights the host looks at nothing. ----
  /// `gradient_norm` as a number on the device, float64 without dimension.
  at::Tensor gradient_norm_on_device() const { return optim::gradient_norm_on_device(groups_); }
  /// The rate of updates to come.
  void set_rate(double learning_rate);
  /// One update, clipped by that norm, or none where `skipped` is 1 and not 0 (ops::StepNumbers).
  void step_on_device(double clip_norm, const at::Tensor& norm, const at::Tensor& skipped);

  /// Its flat tensors by name (float32, groups concatenated) and "step" (int64 scalar, on the
  /// host).
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
  /// The same on a device.
  virtual void update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                                const ops::StepNumbers& numbers) = 0;
  void update_all_on_device(const at::Tensor& divisor, const at::Tensor& skipped);
  bool on_device() const { return count_.defined(); }

  std::string name_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::pair<std::string, at::Tensor>> moments_;
  std::int64_t steps_ = 0;   // on the host
  at::Tensor count_, rate_;  // on a device, float32: steps, and the rate; undefined on the host
};

/// The one that `config.kind` names.
std::unique_ptr<Optimizer> make_optimizer(std::vector<ParameterGroup> groups,
                                          const OptimizerConfig& config);

}  // namespace dbot::optim
