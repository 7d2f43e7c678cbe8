#include "dbot/nn/convolution/convolution_network.h"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "dbot/nn/convolution/resnet.h"
#include "dbot/nn/convolution/small_convnet.h"

namespace dbot::nn {
namespace {

void append(std::vector<ParameterSpec>& all, std::vector<ParameterSpec> more) {
  for (ParameterSpec& spec : more) all.push_back(std::move(spec));
}

}  // namespace

std::vector<ConvolutionLayer> convolution_layers(const ConvolutionConfig& config) {
  return config.is_chain() ? chain_layers(config) : resnet_layers(config);
}

std::vector<ParameterSpec> convolution_parameters(const ConvolutionConfig& config) {
  std::vector<ParameterSpec> specs;
  for (const ConvolutionLayer& layer : convolution_layers(config)) {
    specs.push_back(convolution_parameter(layer));
    append(specs, batch_norm_parameters(layer.norm, layer.outputs));
  }
  return specs;
}

std::vector<ParameterSpec> convolution_buffers(const ConvolutionConfig& config) {
  std::vector<ParameterSpec> specs;
  for (const ConvolutionLayer& layer : convolution_layers(config)) {
    append(specs, batch_norm_buffers(layer.norm, layer.outputs));
  }
  return specs;
}

std::vector<ParameterSpec> convolution_tensors(const ConvolutionConfig& config) {
  std::vector<ParameterSpec> specs;
  for (const ConvolutionLayer& layer : convolution_layers(config)) {
    specs.push_back(convolution_parameter(layer));
    append(specs, batch_norm_parameters(layer.norm, layer.outputs));
    append(specs, batch_norm_buffers(layer.norm, layer.outputs));
  }
  return specs;
}

ConvolutionNetwork::ConvolutionNetwork(ConvolutionConfig config,
                                       std::shared_ptr<ParameterStore> parameters,
                                       BufferPlace buffers, std::int64_t norm_splits)
    : config_(std::move(config)),
      parameters_(std::move(parameters)),
      buffers_(std::move(buffers)),
      norm_splits_(norm_splits) {
  if (!buffers_.store) buffers_.store = parameters_;
  for (ConvolutionLayer& layer : convolution_layers(config_)) {
    const std::string name = layer.name;
    layers_.emplace(name, std::move(layer));
  }
}

BatchNormTensors ConvolutionNetwork::norm_tensors(const std::string& name) const {
  const std::string buffer = buffers_.prefix + name;
  return {.weight = parameters_->at(name + ".weight"),
          .bias = parameters_->at(name + ".bias"),
          .running_mean = buffers_.store->at(buffer + ".running_mean"),
          .running_var = buffers_.store->at(buffer + ".running_var"),
          .batches = buffers_.store->at(buffer + ".num_batches_tracked")};
}

at::Tensor ConvolutionNetwork::pooled(const at::Tensor& images, at::ScalarType compute,
                                      NormMode mode) const {
  const ApplyLayer apply = [&](const std::string& name, const at::Tensor& x) {
    const ConvolutionLayer& layer = layers_.at(name);
    const at::Tensor planes = convolution(x, parameters_->at(name + ".weight"), layer, compute);
    return batch_norm(planes, norm_tensors(layer.norm), mode, norm_splits_);
  };
  // Channels beside each other: oneDNN and batch normalisation are faster on them.
  const at::Tensor pixels = images.contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor planes = config_.is_chain() ? chain_planes(config_, pixels, apply)
                                               : resnet_planes(config_, pixels, apply);
  return planes.mean({2, 3});
}

runtime::NamedTensors ConvolutionNetwork::features(const runtime::NamedTensors& inputs,
                                                   at::ScalarType compute) const {
  const at::NoGradGuard no_graph;
  return {{"mean", pooled(inputs.at(input().part), compute, NormMode::running)}};
}

std::string ConvolutionNetwork::describe() const {
  std::string text = fmt::format("{}x{} pixels, {}", config_.image_size.height,
                                 config_.image_size.width, network_name(config_));
  if (config_.is_chain()) {
    text += fmt::format(" of {} channels", fmt::join(config_.widths, ", "));
  } else if (config_.stem == Stem::cifar) {
    text += " with a stem for small images";
  }
  return text + fmt::format(", {} features", config_.width());
}

}  // namespace dbot::nn
