#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"

namespace dbot::nn {

/// Dense layers without biases on all pixels of an image, a ReLU between them: LeNet without its
/// head. docs/methods/exssnet.md §3.
struct DenseConfig {
  ImageInput images;
  std::vector<std::int64_t> hidden{300, 100};  // at least one

  std::int64_t inputs() const { return images.size.height * images.size.width * images.channels; }
  bool operator==(const DenseConfig&) const = default;
};

/// linear.0.weight, linear.2.weight, …: the ReLUs between them have numbers, too.
std::vector<ParameterSpec> dense_parameters(const DenseConfig& config);

class DenseNetwork : public Backbone {
 public:
  DenseNetwork(DenseConfig config, std::shared_ptr<ParameterStore> parameters);

  const DenseConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const override { return parameters_; }
  BackboneInput input() const override { return {.images = config_.images}; }
  /// "mean" alone: what the last layer makes of the whole image.
  std::vector<std::string> feature_names() const override { return {"mean"}; }
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;

 private:
  DenseConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
};

}  // namespace dbot::nn
