#pragma once

#include <vector>

#include "dbot/optim/optimizer.h"

namespace dbot::optim {

/// LARS, as ops::lars_update defines it: each tensor of more than one dimension moves by a share of
/// its own norm, vectors as SGD moves them. State: "mu", the momentum.
class Lars final : public Optimizer {
 public:
  Lars(std::vector<ParameterGroup> groups, const OptimizerConfig& config);

 private:
  void update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
              double learning_rate, double gradient_scale) override;
  void update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                        const ops::StepNumbers& numbers) override;

  OptimizerConfig config_;
};

}  // namespace dbot::optim
