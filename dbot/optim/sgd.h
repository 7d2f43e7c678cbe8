#pragma once

#include <vector>

#include "dbot/optim/optimizer.h"

namespace dbot::optim {

/// Stochastic gradient descent with momentum, as ops::sgd_update defines it. State:
/// "momentum_buffer"; none where `config.momentum` is 0.
class Sgd final : public Optimizer {
 public:
  Sgd(std::vector<ParameterGroup> groups, const OptimizerConfig& config);

 private:
  void update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
              double learning_rate, double gradient_scale) override;
  void update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                        const ops::StepNumbers& numbers) override;

  OptimizerConfig config_;
};

}  // namespace dbot::optim
