#include "dbot/methods/siamese/siamese_networks.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/siamese/siamese_heads.h"
#include "dbot/methods/state_names.h"

namespace dbot::methods {
namespace {

constexpr const char* kKeyBuffers = "key.";

/// The reference decays biases and gains, too.
void decay_all(std::vector<nn::ParameterSpec>& specs) {
  for (nn::ParameterSpec& spec : specs) spec.decay = nn::Decay::always;
}

void append(std::vector<nn::ParameterSpec>& all, std::vector<nn::ParameterSpec> more) {
  std::ranges::move(more, std::back_inserter(all));
}

std::vector<nn::ParameterSpec> key_buffers(const SiameseConfig& config) {
  auto buffers = nn::convolution_buffers(convolution_config(config.network));
  for (nn::ParameterSpec& spec : buffers) spec.name = kKeyBuffers + spec.name;
  return buffers;
}

std::vector<nn::ParameterSpec> queue_buffers(const SiameseConfig& config) {
  return {{.name = "queue",
           .shape = {config.head_width, config.queue},
           .start = nn::starts::Normal{1},
           .role = nn::Role::buffer},
          {.name = "queue_ptr", .shape = {1}, .role = nn::Role::buffer}};
}

std::vector<nn::ParameterSpec> head_parameters(const SiameseConfig& config) {
  return projection_parameters(config.head, convolution_config(config.network).width(),
                               config.head_width);
}

/// docs/methods/siamese.md §6.
std::int64_t predictor_width(const SiameseConfig& config) {
  return config.loss == SiameseLoss::byol ? 4 * config.head_width
                                          : std::max<std::int64_t>(1, config.head_width / 4);
}

}  // namespace

std::vector<nn::ParameterSpec> siamese_tensors(const SiameseConfig& config) {
  auto specs = nn::convolution_tensors(convolution_config(config.network));
  append(specs, head_parameters(config));
  if (config.has_predictor()) {
    append(specs, predictor_tensors(config.head_width, predictor_width(config)));
  }
  if (config.has_keys()) append(specs, key_buffers(config));
  if (config.loss == SiameseLoss::moco) append(specs, queue_buffers(config));
  decay_all(specs);
  return specs;
}

std::vector<nn::ParameterSpec> key_parameters(const SiameseConfig& config) {
  if (!config.has_keys()) return {};
  auto specs = nn::convolution_parameters(convolution_config(config.network));
  append(specs, head_parameters(config));
  decay_all(specs);
  return specs;
}

SiameseNetworks::SiameseNetworks(const SiameseConfig& config)
    : config_(config),
      trained_(std::make_shared<nn::ParameterStore>(siamese_tensors(config), config.device)) {
  const nn::ConvolutionConfig network = convolution_config(config_.network);
  backbone_ = std::make_unique<nn::ConvolutionNetwork>(network, trained_, nn::BufferPlace{},
                                                       config_.norm_splits);
  if (!config_.has_keys()) return;
  keys_ = std::make_shared<nn::ParameterStore>(key_parameters(config_), config_.device);
  keys_->freeze();
  key_network_ = std::make_unique<nn::ConvolutionNetwork>(
      network, keys_, nn::BufferPlace{.store = trained_, .prefix = kKeyBuffers},
      config_.norm_splits);
}

void SiameseNetworks::initialise(std::uint64_t seed) {
  trained_->initialise(seed, /*stage=*/0);
  if (keys_) keys_->copy_from(trained_->named());
  if (config_.loss != SiameseLoss::moco) return;
  const at::NoGradGuard no_graph;
  trained_->at("queue").div_(queue().norm(2, 0, /*keepdim=*/true));
}

runtime::NamedTensors SiameseNetworks::state() const {
  runtime::NamedTensors state = with_prefix("student.", trained_->named());
  if (keys_) state.merge(with_prefix("teacher.", keys_->named()));
  return state;
}

void SiameseNetworks::load_state(const runtime::NamedTensors& state) {
  trained_->copy_from(without_prefix("student.", state));
  if (keys_) keys_->copy_from(without_prefix("teacher.", state));
}

at::Tensor SiameseNetworks::embed(const at::Tensor& images, at::ScalarType compute,
                                  nn::NormMode mode) const {
  return project(backbone_->pooled(images, compute, mode), *trained_, config_.head, compute);
}

at::Tensor SiameseNetworks::predicted(const at::Tensor& embedding, at::ScalarType compute,
                                      nn::NormMode mode) const {
  if (!config_.has_predictor()) return embedding;
  return predict(embedding, *trained_, compute, mode);
}

at::Tensor SiameseNetworks::keys(const at::Tensor& images, const at::Tensor& order,
                                 at::ScalarType compute, nn::NormMode mode) const {
  const at::NoGradGuard no_graph;
  const bool ordered = order.defined();
  const at::Tensor seen = ordered ? images.index_select(0, order) : images;
  const at::Tensor embedded =
      project(key_network_->pooled(seen, compute, mode), *keys_, config_.head, compute);
  return ordered ? embedded.index_select(0, order.argsort()) : embedded;
}

void SiameseNetworks::enqueue(const at::Tensor& keys) const {
  const at::NoGradGuard no_graph;
  const std::int64_t size = config_.queue;
  if (size % keys.size(0) != 0) {
    throw UsageError({.operation = "siamese",
                      .subject = "the keys of a batch",
                      .fault = Fault::mismatch,
                      .reason = "do not divide siamese.queue"});
  }
  const at::Tensor& pointer = trained_->at("queue_ptr");
  // Where they go is computed on the device: nothing waits for it.
  const auto numbers = at::TensorOptions().dtype(at::kLong).device(keys.device());
  const at::Tensor places =
      (pointer.to(at::kLong) + at::arange(keys.size(0), numbers)).remainder(size);
  trained_->at("queue").index_copy_(1, places, keys.t());
  pointer.add_(static_cast<double>(keys.size(0))).remainder_(static_cast<double>(size));
}

void SiameseNetworks::move_keys(const at::Tensor& skipped) const {
  if (keys_) keys_->lerp_from(*trained_, 1 - config_.momentum, skipped);
}

}  // namespace dbot::methods
