#include "dbot/methods/supermask_tasks/frozen_features.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/methods/state_names.h"

namespace dbot::methods {

std::unique_ptr<FrozenFeatures> FrozenFeatures::read(const std::string& path, core::Size image_size,
                                                     std::int64_t channels,
                                                     const runtime::Device& device) {
  exchange::LoadedEncoder loaded = exchange::load_encoder(exchange::resolve_model_path(path));
  if (loaded.description.config.channels != channels) {
    throw UsageError({.operation = "recipe",
                      .subject = "model.channels",
                      .fault = Fault::mismatch,
                      .reason = fmt::format("is {}, but {} reads {}", channels, path,
                                            loaded.description.config.channels),
                      .way_out = "set it to that"});
  }
  auto features = std::make_unique<FrozenFeatures>();
  features->network_ = exchange::make_encoder(loaded, image_size, device);
  features->description_ = std::move(loaded.description);
  features->description_.config = features->network_->config();
  return features;
}

std::unique_ptr<FrozenFeatures> FrozenFeatures::of_state(const runtime::NamedTensors& state,
                                                         const runtime::Device& device) {
  exchange::LoadedEncoder stored;
  stored.description = stored_description(state, "description", "supermasks");
  stored.parameters = exchange::encoder_tensors(stored.description.config, state);
  auto features = std::make_unique<FrozenFeatures>();
  features->network_ = exchange::make_encoder(stored, {}, device);
  features->description_ = std::move(stored.description);
  return features;
}

runtime::NamedTensors FrozenFeatures::state() const {
  runtime::NamedTensors state = network_->parameters()->named();
  state["description"] = description_tensor(description_);
  return state;
}

at::Tensor FrozenFeatures::of(const at::Tensor& images, at::ScalarType compute) const {
  return network_->features({{network_->input().part, images}}, compute)
      .at(nn::summary_feature(*network_));
}

}  // namespace dbot::methods
