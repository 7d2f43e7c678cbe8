#include "dbot/methods/supermask_tasks/task_backbone.h"

#include <ATen/core/grad_mode.h>

#include "dbot/exchange/convolution/convolution_description.h"
#include "dbot/exchange/convolution/dense_file.h"
#include "dbot/exchange/convolution/text_file.h"

namespace dbot::methods {

TaskBackbone::TaskBackbone(const nn::MaskedNetworkConfig& config, const nn::ImageInput& images,
                           const runtime::Device& device) {
  if (config.kind == nn::MaskedNetworkKind::planes) {
    parameters_ =
        std::make_shared<nn::ParameterStore>(nn::convolution_tensors(config.convolution), device);
    // Gains of 1, shifts of 0; everything else is written over.
    parameters_->initialise(/*seed=*/0, /*stage=*/0);
    convolution_ = std::make_unique<nn::ConvolutionNetwork>(config.convolution, parameters_);
  } else if (config.kind == nn::MaskedNetworkKind::text) {
    const nn::TextNetworkConfig text{.length = config.length,
                                     .width = config.embedding,
                                     .filters = config.filters,
                                     .kernels = config.kernels};
    parameters_ = std::make_shared<nn::ParameterStore>(nn::text_parameters(text), device);
    text_ = std::make_unique<nn::TextNetwork>(text, parameters_);
  } else {
    const nn::DenseConfig dense{.images = images, .hidden = config.hidden};
    parameters_ = std::make_shared<nn::ParameterStore>(nn::dense_parameters(dense), device);
    dense_ = std::make_unique<nn::DenseNetwork>(dense, parameters_);
  }
  parameters_->freeze();
}

void TaskBackbone::become(const TaskNetworks& networks, const FrozenTask& task) {
  runtime::NamedTensors tensors = task.norms;
  const auto& layers = networks.network().layers();
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {  // without the head
    tensors[layers[i].name + ".weight"] = task.weights[i];
  }
  parameters_->copy_from(tensors, /*partial=*/true);
}

const nn::Backbone& TaskBackbone::network() const {
  if (convolution_) return *convolution_;
  if (text_) return *text_;
  return *dense_;
}

BackboneFile TaskBackbone::file(const std::vector<double>& mean, const std::vector<double>& std,
                                const std::vector<double>& value_range) const {
  BackboneFile file;
  if (convolution_) {
    file.description = exchange::to_json(exchange::ConvolutionDescription{
        .config = convolution_->config(), .mean = mean, .std = std, .value_range = value_range});
  } else if (text_) {
    file.description = exchange::to_json(text_->config());
  } else {
    file.description = exchange::to_json(exchange::DenseDescription{
        .config = dense_->config(), .mean = mean, .std = std, .value_range = value_range});
  }
  file.tensors = runtime::on_host(parameters_->named());
  return file;
}

}  // namespace dbot::methods
