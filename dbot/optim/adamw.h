#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/parameters.h"

namespace dbot::optim {

struct OptimizerConfig {
  double base_lr = 1.5e-4;  // per 256 images
  double weight_decay = 0.05;
  std::vector<double> betas{0.9, 0.95};
  double eps = 1e-8;
  double clip_norm = 0;  // 0: no clipping
};

/// A contiguous range of flat buffers that is updated with the same settings.
struct ParameterGroup {
  at::Tensor values;     // 1-D view
  at::Tensor gradients;  // 1-D view, same length
  double weight_decay = 0;
  double rate_scale = 1;
};

/// The two groups of MAE and dBOT: vectors (biases and gains) without decay, then matrices with it.
std::vector<ParameterGroup> pretraining_groups(nn::ParameterStore& parameters, double weight_decay);

/// AdamW (Loshchilov & Hutter, arXiv 1711.05101) in one pass over flat memory.
class AdamW {
 public:
  AdamW(std::vector<ParameterGroup> groups, const OptimizerConfig& config);

  /// Euclidean norm over all gradients of all groups, before clipping; not finite if one is not.
  double gradient_norm() const;
  /// One update. Gradients are multiplied by `gradient_scale` first (clipping) and are zero after.
  void step(double learning_rate, double gradient_scale = 1.0);
  /// min(1, clip / (norm + 1e-6)); 1 if `clip_norm` is 0. docs/methods/dbot.md §6.
  static double clip_scale(double norm, double clip_norm);
  /// New groups of the same sizes (a fresh student), moments kept.
  void rebind(std::vector<ParameterGroup> groups);

  std::int64_t steps() const { return steps_; }
  /// "exp_avg", "exp_avg_sq" (flat, float32, groups concatenated) and "step" (int64 scalar).
  runtime::NamedTensors state() const;
  void load_state(const runtime::NamedTensors& state);
  const at::Tensor& exp_avg() const { return exp_avg_; }
  const at::Tensor& exp_avg_sq() const { return exp_avg_sq_; }

 private:
  std::vector<ParameterGroup> groups_;
  OptimizerConfig config_;
  at::Tensor exp_avg_, exp_avg_sq_;  // flat, groups concatenated
  std::int64_t steps_ = 0;
};

}  // namespace dbot::optim
