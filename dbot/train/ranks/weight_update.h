#pragma once

#include <memory>
#include <vector>

#include "dbot/methods/method.h"
#include "dbot/optim/optimizer.h"
#include "dbot/runtime/named_tensors.h"
#include "dbot/runtime/process_group/cuts.h"
#include "dbot/train/ranks/ranks.h"

namespace dbot::train {

/// From the gradients that each rank has made to the weights that all have: the sum over ranks, its
/// norm and the optimizer's step. Divided (optimizer.shard), a rank gets one shard of the sum,
/// keeps the moments of that alone and updates it; the weights are gathered behind that. Both ways
/// give the same bits.
class WeightUpdate {
 public:
  /// For the parameters that `method` has now. It and `ranks` must outlive this. Throws UsageError
  /// where the division that is asked for cannot be.
  WeightUpdate(methods::Method& method, const optim::OptimizerConfig& config, Ranks& ranks);

  bool divided() const { return !cuts_.empty(); }
  /// The norm of the sum of all ranks' gradients, before clipping. All ranks call it once a step.
  double sum_gradients();
  /// The same where they have been summed, on each rank whole (EarlySums).
  double norm_of_sum();
  /// Of one process on a device, where nothing waits for it: the norm, and the step by it, which is
  /// none where `skipped` is 1 (optim::Optimizer).
  at::Tensor norm_on_device() const { return optimizer_->gradient_norm_on_device(); }
  void step_on_device(const at::Tensor& norm, const at::Tensor& skipped);
  /// The rate of that step, before it.
  void set_rate(double learning_rate) { optimizer_->set_rate(learning_rate); }
  /// The whole sum on all ranks, in the method's gradients, before `step`. All ranks call it.
  void gather_gradients();
  /// Changes the weights by that sum, on all ranks; the gradients are zero after.
  void step(double learning_rate, double gradient_scale);
  /// Parameters of the same sizes have taken the place of the method's; the moments stay.
  void rebind();

  /// Of all parameters, as one process stores it: whole on the first rank. All ranks call it.
  runtime::NamedTensors state() const;
  /// The inverse, of the whole state. Throws as optim::Optimizer does.
  void load_state(const runtime::NamedTensors& state);

 private:
  std::vector<optim::ParameterGroup> groups() const;
  /// Those that this rank's optimizer updates.
  std::vector<optim::ParameterGroup> own_groups() const;
  /// What is divided, of a flat buffer of the parameters.
  at::Tensor divided_part(const at::Tensor& flat) const;

  methods::Method& method_;
  optim::OptimizerConfig config_;
  Ranks& ranks_;
  runtime::Cuts cuts_;  // empty: not divided
  std::unique_ptr<optim::Optimizer> optimizer_;
};

}  // namespace dbot::train
