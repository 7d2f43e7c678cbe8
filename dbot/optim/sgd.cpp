#include "dbot/optim/sgd.h"

#include <string>

namespace dbot::optim {

Sgd::Sgd(std::vector<ParameterGroup> groups, const OptimizerConfig& config)
    : Optimizer("SGD", std::move(groups),
                config.momentum > 0 ? std::vector<std::string>{"momentum_buffer"}
                                    : std::vector<std::string>()),
      config_(config) {}

void Sgd::update(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                 double learning_rate, double gradient_scale) {
  const at::Tensor momentum = moments.empty() ? at::Tensor() : moments.front();
  ops::sgd_update({group.values, group.gradients, momentum}, {.learning_rate = learning_rate,
                                                              .momentum = config_.momentum,
                                                              .nesterov = config_.nesterov,
                                                              .weight_decay = group.weight_decay,
                                                              .gradient_scale = gradient_scale});
}

void Sgd::update_on_device(const ParameterGroup& group, const std::vector<at::Tensor>& moments,
                           const ops::StepNumbers& numbers) {
  const at::Tensor momentum = moments.empty() ? at::Tensor() : moments.front();
  ops::sgd_update({group.values, group.gradients, momentum},
                  {.momentum = config_.momentum,
                   .nesterov = config_.nesterov,
                   .weight_decay = group.weight_decay},
                  numbers);
}

}  // namespace dbot::optim
