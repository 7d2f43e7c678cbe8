#include "tests/golden/siamese/moco_step.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::golden {
namespace {

constexpr std::string_view kQuery = "encoder_q.", kKey = "encoder_k.";

/// "features.0.weight" of "conv1.weight": the reference's tiny encoder is a chain here.
std::string chain_name(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kLayers{
      {{"conv1.", "features.0."},
       {"bn1.", "features.1."},
       {"conv2.", "features.3."},
       {"bn2.", "features.4."}}};
  for (const auto& [theirs, ours] : kLayers) {
    if (name.starts_with(theirs)) return std::string(ours) + name.substr(theirs.size());
  }
  return name;
}

bool is_buffer(const std::string& name) {
  return name.ends_with("running_mean") || name.ends_with("running_var") ||
         name.ends_with("num_batches_tracked");
}

/// Where a tensor of the file stands in the state of our networks.
std::string state_name(const std::string& theirs) {
  if (theirs.starts_with(kQuery)) return "student." + chain_name(theirs.substr(kQuery.size()));
  if (!theirs.starts_with(kKey)) return "student." + theirs;
  const std::string name = chain_name(theirs.substr(kKey.size()));
  return (is_buffer(name) ? "student.key." : "teacher.") + name;
}

}  // namespace

methods::SiameseConfig moco_config(const Fixture& fixture) {
  const nlohmann::json& file = fixture.config;
  const auto size = file.at("size").get<std::int64_t>();
  methods::SiameseConfig config;
  config.network.kind = methods::ConvolutionKind::chain;
  config.network.image_size = {size, size};
  config.network.widths = {6, 12};
  config.head =
      value_or(file, "mlp", false) ? methods::EmbeddingHead::mlp : methods::EmbeddingHead::linear;
  config.head_width = file.at("dim").get<std::int64_t>();
  config.norm_splits = value_or(file, "bn_splits", std::int64_t{1});
  config.symmetric = value_or(file, "symmetric", false);
  config.temperature = file.at("T").get<double>();
  config.queue = file.at("K").get<std::int64_t>();
  config.momentum = file.at("m").get<double>();
  config.mixing = methods::SiameseMixing::none;
  return config;
}

methods::SiameseNetworks read_moco(const Fixture& fixture, const methods::SiameseConfig& config) {
  runtime::NamedTensors state;
  for (const auto& [name, tensor] : fixture.with_prefix("w.")) {
    if (!state.emplace(state_name(name), tensor).second) throw Error("[golden] twice: " + name);
  }
  methods::SiameseNetworks networks(config);
  networks.load_state(state);
  networks.move_keys();
  return networks;
}

methods::SiameseForward moco_step(const Fixture& fixture, const methods::SiameseConfig& config,
                                  const methods::SiameseNetworks& networks,
                                  const methods::StepDraws& draws) {
  return methods::siamese_forward(config, networks, fixture.at("input.view1"),
                                  fixture.at("input.view2"), draws, at::kFloat,
                                  nn::NormMode::training);
}

void compare_moco(const Fixture& fixture, const methods::SiameseForward& forward,
                  const methods::SiameseNetworks& networks, Comparison& comparison) {
  comparison.elements("loss", forward.loss, element_limits::loss);
  forward.loss.backward();
  for (const std::string& name : fixture.names("grad.encoder_q.")) {
    comparison.gradient("grad.encoder_q." + name, networks.trained().at(chain_name(name)).grad(),
                        element_limits::gradient);
  }
  networks.enqueue(forward.keys);
  const runtime::NamedTensors state = networks.state();
  for (const std::string& name : fixture.names("after.")) {
    const at::Tensor& ours = state.at(state_name(name));
    if (name.ends_with("num_batches_tracked") || name == "queue_ptr") {
      comparison.exact("after." + name, ours.to(at::kLong));
    } else {
      comparison.elements("after." + name, ours, element_limits::value);
    }
  }
}

}  // namespace dbot::golden
