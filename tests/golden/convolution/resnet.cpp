#include <ATen/TensorOperators.h>

#include "dbot/nn/convolution/convolution_network.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

nn::ConvolutionConfig resnet_config(const Fixture& fixture) {
  const nlohmann::json& file = fixture.config;
  const auto size = file.at("size").get<std::int64_t>();
  nn::ConvolutionConfig config;
  config.image_size = {size, size};
  config.stem = file.at("stem") == "cifar" ? nn::Stem::cifar : nn::Stem::imagenet;
  config.base_width = file.at("base_width").get<std::int64_t>();
  config.blocks = file.at("blocks").get<std::vector<std::int64_t>>();
  config.bottleneck = file.at("bottleneck").get<bool>();
  return config;
}

bool counts_passes(const std::string& name) {
  return name.ends_with("num_batches_tracked");
}

}  // namespace

void check_resnet(const Fixture& fixture, Comparison& comparison) {
  const nn::ConvolutionConfig config = resnet_config(fixture);
  const auto specs = nn::convolution_tensors(config);
  comparison.truth("as many tensors as torchvision has",
                   specs.size() == fixture.names("w.").size());
  auto store = std::make_shared<nn::ParameterStore>(specs);
  runtime::NamedTensors weights = fixture.with_prefix("w.");
  for (auto& [name, tensor] : weights) {
    if (counts_passes(name)) tensor = tensor.to(at::kFloat).reshape({1});
  }
  store->copy_from(weights);
  const nn::ConvolutionNetwork network(config, store);
  const at::Tensor& images = fixture.at("in.images");

  comparison.elements("out.eval", network.features({{"images", images}}, at::kFloat).at("mean"),
                      element_limits::value);
  const at::Tensor features = network.pooled(images, at::kFloat, nn::NormMode::training);
  comparison.elements("out.train", features, element_limits::value);
  (features * fixture.at("in.weights")).sum().backward();
  for (const std::string& name : fixture.names("grad.")) {
    comparison.gradient("grad." + name, store->at(name).grad(), element_limits::gradient);
  }
  for (const std::string& name : fixture.names("after.")) {
    const at::Tensor& ours = store->at(name);
    if (counts_passes(name)) {
      comparison.exact("after." + name, ours.to(at::kLong).reshape({}));
    } else {
      comparison.elements("after." + name, ours, element_limits::value);
    }
  }
}

}  // namespace dbot::golden
