#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// A frozen vision transformer in front of the tasks, and how it travels with their state.
class FrozenFeatures {
 public:
  /// Reads it from a run, a checkpoint or a weights file. Throws DataError for a broken one,
  /// UsageError where its images are not of `image_size` pixels and cannot be, or of other
  /// channels.
  static std::unique_ptr<FrozenFeatures> read(const std::string& path, core::Size image_size,
                                              std::int64_t channels, const runtime::Device& device);
  /// The inverse of `state`. Throws DataError where that holds none.
  static std::unique_ptr<FrozenFeatures> of_state(const runtime::NamedTensors& state,
                                                  const runtime::Device& device);

  /// "description" and the tensors under their official names.
  runtime::NamedTensors state() const;
  const nn::VisionTransformer& network() const { return *network_; }
  const exchange::EncoderDescription& description() const { return description_; }
  std::int64_t width() const { return description_.config.width; }
  /// Normalised images → float32 [batch, width]: the mean patch token.
  at::Tensor of(const at::Tensor& images, at::ScalarType compute) const;

 private:
  exchange::EncoderDescription description_;
  std::unique_ptr<nn::VisionTransformer> network_;
};

}  // namespace dbot::methods
