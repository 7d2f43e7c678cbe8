#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"

namespace dbot::nn {

/// Convolutions of several widths along the words of a text, a ReLU and the maximum over all
/// positions of each, one behind the other: ExSSNeT's network of texts (after Kim, EMNLP 2014)
/// without its head. docs/methods/exssnet.md §3.
struct TextNetworkConfig {
  std::int64_t length = 256;   // words of a text that are read; at least the widest kernel
  std::int64_t width = 300;    // of a word's vector (word_vectors.h)
  std::int64_t filters = 200;  // of each width
  std::vector<std::int64_t> kernels{3, 4, 5};  // words; at least one

  std::int64_t features() const { return filters * static_cast<std::int64_t>(kernels.size()); }
  bool operator==(const TextNetworkConfig&) const = default;
};

/// conv1.weight, conv2.weight, …: [filters, width, kernel].
std::vector<ParameterSpec> text_parameters(const TextNetworkConfig& config);

/// Reads `kRows`: the numbers of a text's words, 0 behind its end.
class TextNetwork : public Backbone {
 public:
  TextNetwork(TextNetworkConfig config, std::shared_ptr<ParameterStore> parameters);

  const TextNetworkConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const override { return parameters_; }
  BackboneInput input() const override;
  /// "maximum" alone: of each filter, over all positions.
  std::vector<std::string> feature_names() const override { return {"maximum"}; }
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;

 private:
  TextNetworkConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
};

}  // namespace dbot::nn
