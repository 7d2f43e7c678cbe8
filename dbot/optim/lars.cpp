#include "dbot/optim/lars.h"

namespace dbot::optim {

Lars::Lars(std::vector<ParameterGroup> groups, const OptimizerConfig& config)
    : Optimizer("LARS", std::move(groups), {"mu"}), config_(config) {}

void Lars::update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                  double learning_rate, double gradient_scale) {
  ops::lars_update({group.values, group.gradients, moments.front()}, group.layers,
                   {.learning_rate = learning_rate,
                    .momentum = config_.momentum,
                    .weight_decay = group.weight_decay,
                    .trust_coefficient = config_.trust_coefficient,
                    .gradient_scale = gradient_scale});
}

void Lars::update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                            const ops::StepNumbers& numbers) {
  ops::lars_update({group.values, group.gradients, moments.front()}, group.layers,
                   {.momentum = config_.momentum,
                    .weight_decay = group.weight_decay,
                    .trust_coefficient = config_.trust_coefficient},
                   numbers);
}

}  // namespace dbot::optim
