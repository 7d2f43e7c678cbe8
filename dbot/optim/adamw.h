#pragma once

#include <vector>

#include "dbot/optim/optimizer.h"

namespace dbot::optim {

/// AdamW (Loshchilov & Hutter, arXiv 1711.05101) in one pass over flat memory; where `config.kind`
/// is `adam`, Adam (Kingma & Ba, arXiv 1412.6980), whose decay is added to the gradient. State:
/// "exp_avg", "exp_avg_sq".
class AdamW final : public Optimizer {
 public:
  AdamW(std::vector<ParameterGroup> groups, const OptimizerConfig& config);

  const at::Tensor& exp_avg() const { return moment(0); }
  const at::Tensor& exp_avg_sq() const { return moment(1); }

 private:
  void update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
              double learning_rate, double gradient_scale) override;
  void update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                        const ops::StepNumbers& numbers) override;

  OptimizerConfig config_;
};

}  // namespace dbot::optim
