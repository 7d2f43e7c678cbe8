#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "dbot/methods/siamese/siamese_config.h"
#include "dbot/nn/convolution/convolution_network.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// What is trained, all in one store: the network, its head, a predictor; and as buffers the queue
/// with its pointer, and the running values of the key encoder's BatchNorms ("key.…").
std::vector<nn::ParameterSpec> siamese_tensors(const SiameseConfig& config);
/// The key encoder: network and head under the same names. Empty where there is none.
std::vector<nn::ParameterSpec> key_parameters(const SiameseConfig& config);

/// The networks of a siamese system.
class SiameseNetworks {
 public:
  /// All zeros until `initialise` or `load_state`.
  explicit SiameseNetworks(const SiameseConfig& config);

  /// Draws everything; the key encoder begins as the network's equal, the queue with normal columns
  /// of unit length.
  void initialise(std::uint64_t seed);
  /// "student.…", "teacher.…": the latter is the key encoder.
  runtime::NamedTensors state() const;
  void load_state(const runtime::NamedTensors& state);

  const nn::ConvolutionNetwork& backbone() const { return *backbone_; }
  nn::ParameterStore& trained() const { return *trained_; }
  /// Null where there is no key encoder.
  const nn::ParameterStore* keys_store() const { return keys_.get(); }

  /// Normalised images → embeddings, float32 [batch, width], with their graph.
  at::Tensor embed(const at::Tensor& images, at::ScalarType compute, nn::NormMode mode) const;
  /// The predictor's word on an embedding; the embedding itself where there is none.
  at::Tensor predicted(const at::Tensor& embedding, at::ScalarType compute,
                       nn::NormMode mode) const;
  /// The key encoder's embeddings, without a graph. order: int64 [batch] in which they are
  /// computed, undefined: as they come; the result is in the order of `images`.
  at::Tensor keys(const at::Tensor& images, const at::Tensor& order, at::ScalarType compute,
                  nn::NormMode mode) const;

  /// [width, keys], and the place of the next key.
  const at::Tensor& queue() const { return trained_->at("queue"); }
  /// Puts keys [batch, width] in place of the oldest.
  void enqueue(const at::Tensor& keys) const;
  /// The key encoder ← momentum · itself + (1 − momentum) · the network. Nothing where there is
  /// none. BatchNorms' running values stay what its own passes made them.
  /// skipped: ParameterStore::lerp_from.
  void move_keys(const at::Tensor& skipped = {}) const;

 private:
  SiameseConfig config_;
  std::shared_ptr<nn::ParameterStore> trained_, keys_;
  std::unique_ptr<nn::ConvolutionNetwork> backbone_, key_network_;
};

}  // namespace dbot::methods
