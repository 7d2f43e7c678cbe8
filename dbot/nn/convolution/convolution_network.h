#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"
#include "dbot/nn/convolution/batch_norm.h"
#include "dbot/nn/convolution/convolution.h"
#include "dbot/nn/convolution/convolution_config.h"

namespace dbot::nn {

/// All convolutions, in the order of their parameters.
std::vector<ConvolutionLayer> convolution_layers(const ConvolutionConfig& config);

/// Convolutions and BatchNorms, in torchvision's order.
std::vector<ParameterSpec> convolution_parameters(const ConvolutionConfig& config);
/// The running values of its BatchNorms.
std::vector<ParameterSpec> convolution_buffers(const ConvolutionConfig& config);
/// Both, each buffer behind the parameters of its BatchNorm: a network as a file holds it.
std::vector<ParameterSpec> convolution_tensors(const ConvolutionConfig& config);

/// Where the running values of a network are kept: in the store of what is trained, so that a step
/// that does not count leaves no trace, even if the network is another one's moving average.
struct BufferPlace {
  std::shared_ptr<ParameterStore> store;
  std::string prefix = {};  // of their names there: "key."
};

/// Images → the mean over all places of the last convolution's result.
class ConvolutionNetwork : public Backbone {
 public:
  /// `parameters` may hold more than the network's; buffers are theirs unless a place is named.
  ConvolutionNetwork(ConvolutionConfig config, std::shared_ptr<ParameterStore> parameters,
                     BufferPlace buffers = {}, std::int64_t norm_splits = 1);

  const ConvolutionConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const override { return parameters_; }
  BackboneInput input() const override {
    return {.images = {config_.image_size, config_.channels}};
  }
  /// "mean" alone.
  std::vector<std::string> feature_names() const override { return {"mean"}; }
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;

  /// Normalised images, float32 [batch, channels, height, width] → float32 [batch, width].
  at::Tensor pooled(const at::Tensor& images, at::ScalarType compute, NormMode mode) const;

 private:
  BatchNormTensors norm_tensors(const std::string& name) const;

  ConvolutionConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
  BufferPlace buffers_;
  std::int64_t norm_splits_;
  std::map<std::string, ConvolutionLayer> layers_;
};

}  // namespace dbot::nn
