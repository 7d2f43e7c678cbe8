#include "dbot/optim/adamw.h"

#include "dbot/ops/adamw_update.h"

namespace dbot::optim {

AdamW::AdamW(std::vector<ParameterGroup> groups, const OptimizerConfig& config)
    : Optimizer(config.kind == OptimizerKind::adam ? "Adam" : "AdamW", std::move(groups),
                {"exp_avg", "exp_avg_sq"}),
      config_(config) {}

void AdamW::update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                   double learning_rate, double gradient_scale) {
  ops::adamw_update({group.values, group.gradients, moments[0], moments[1]},
                    {.learning_rate = learning_rate,
                     .beta1 = config_.betas.at(0),
                     .beta2 = config_.betas.at(1),
                     .eps = config_.eps,
                     .weight_decay = group.weight_decay,
                     .gradient_scale = gradient_scale,
                     .step = steps(),
                     .decay_in_gradient = config_.kind == OptimizerKind::adam});
}

void AdamW::update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                             const ops::StepNumbers& numbers) {
  ops::adamw_update({group.values, group.gradients, moments[0], moments[1]},
                    {.beta1 = config_.betas.at(0),
                     .beta2 = config_.betas.at(1),
                     .eps = config_.eps,
                     .weight_decay = group.weight_decay,
                     .decay_in_gradient = config_.kind == OptimizerKind::adam},
                    numbers);
}

}  // namespace dbot::optim
