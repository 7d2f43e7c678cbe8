#include "tests/golden/exssnet/recorded_tasks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/ops/top_fraction_mask.h"

namespace dbot::golden {

std::string reference_name(const std::string& ours) {
  const std::string place = "downsample";
  std::string name = ours;
  const std::size_t found = name.find(place);
  if (found != std::string::npos) name.replace(found, place.size(), "shortcut");
  return name;
}

methods::TaskNetworksConfig recorded_network(const nlohmann::json& config) {
  methods::TaskNetworksConfig networks;
  const double width = value_or(config, "width_mult", 1.0);
  const auto scaled = [&](double of) { return static_cast<std::int64_t>(of * width); };
  networks.network.outputs = config.at("classes").get<std::int64_t>();
  networks.density.density = config.at("density").get<double>();
  if (config.at("net") == "lenet") {
    networks.network.inputs = 784;
    networks.network.hidden = {scaled(300), scaled(100)};
    return networks;
  }
  if (config.at("net") != "gem") throw Error("a network that is not known");
  networks.network.kind = nn::MaskedNetworkKind::planes;
  networks.network.convolution = nn::resnet18_config();
  networks.network.convolution.stem = nn::Stem::cifar;
  networks.network.convolution.base_width = scaled(20);
  networks.network.convolution.image_size = {32, 32};
  return networks;
}

at::Tensor in_shape_of(const at::Tensor& ours, const at::Tensor& theirs) {
  return theirs.reshape(ours.sizes());
}

at::Tensor as_recorded(const Fixture& fixture, const std::string& name, const at::Tensor& ours) {
  return ours.detach().reshape(fixture.peek(name).sizes());
}

void set_weights(const Fixture& fixture, const std::string& prefix,
                 methods::TaskNetworks& networks) {
  runtime::NamedTensors weights;
  for (const nn::MaskedLayer& layer : networks.network().layers()) {
    const std::string name = layer.name + ".weight";
    weights[name] =
        in_shape_of(networks.weights().at(name), fixture.at(prefix + reference_name(name)));
  }
  runtime::NamedTensors state = networks.state();
  for (const auto& [name, tensor] : weights) state["network.weights." + name] = tensor;
  networks.load_state(state);
}

runtime::NamedTensors recorded_scores(const Fixture& fixture, const std::string& prefix,
                                      std::int64_t task, const methods::TaskNetworks& networks) {
  runtime::NamedTensors scores;
  for (const nn::MaskedLayer& layer : networks.network().layers()) {
    const std::string name = layer.name + ".scores";
    const std::string recorded = prefix + reference_name(name) + "." + std::to_string(task);
    scores[name] = in_shape_of(networks.scores().at(name), fixture.at(recorded));
  }
  return scores;
}

nn::MaskedWeight differentiable(const methods::TaskNetworks& networks) {
  return differentiable(networks, networks.current_masks());
}

nn::MaskedWeight differentiable(const methods::TaskNetworks& networks,
                                std::vector<at::Tensor> masks) {
  return [&networks, masks = std::move(masks)](std::size_t place) {
    const std::string& name = networks.network().layers()[place].name;
    return ops::supermasked(networks.weights().at(name + ".weight"),
                            networks.scores().at(name + ".scores"), masks.at(place));
  };
}

namespace {

/// Where an input of a layer has a gradient, so that the mask of what computes it shows: [1,
/// inputs, 1…]. Of other inputs nothing is known.
at::Tensor known_inputs(const at::Tensor& weight_gradient) {
  at::Tensor known = weight_gradient.ne(0).any(0, /*keepdim=*/true);
  for (std::int64_t dimension = 2; dimension < known.dim(); ++dimension) {
    known = known.any(dimension, /*keepdim=*/true);
  }
  return known;
}

}  // namespace

void compare_gradients(const Fixture& fixture, const std::string& prefix,
                       const methods::TaskNetworks& networks, Comparison& comparison, bool signs) {
  for (const nn::MaskedLayer& layer : networks.network().layers()) {
    for (const auto* store : {&networks.weights(), &networks.scores()}) {
      const bool of_scores = store == &networks.scores();
      const std::string name = layer.name + (of_scores ? ".scores" : ".weight");
      const std::string recorded = prefix + "grad." + reference_name(name);
      const at::Tensor gradient = as_recorded(fixture, recorded, store->at(name).grad());
      if (of_scores && !signs) {
        const at::Tensor& expected = fixture.at(recorded);
        const at::Tensor known = gradient.ne(0).logical_and(
            known_inputs(fixture.at(prefix + "grad." + reference_name(layer.name) + ".weight")));
        comparison.elements(recorded, at::where(known, gradient.abs() * expected.sign(), expected),
                            kTaskLimit);
      } else {
        comparison.elements(recorded, gradient, kTaskLimit);
      }
      store->at(name).grad().zero_();
    }
  }
}

}  // namespace dbot::golden
