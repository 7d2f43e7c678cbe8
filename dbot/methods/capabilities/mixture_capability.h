#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "dbot/methods/draws.h"
#include "dbot/methods/exhibits.h"
#include "dbot/runtime/precision.h"

namespace dbot::methods {

/// Mixtures of two images and what became of them: floating-point in 0…1, [pairs, channels, height,
/// width], without a graph.
struct SeparatedMixture {
  at::Tensor first, second;          // as they were given
  at::Tensor mixture, masked;        // and what is seen of the mixture: grey where it is hidden
  at::Tensor subordinate, dominant;  // reconstructions; no dominant one of one separation layer
};

/// How pairs are mixed and masked.
struct MixtureSettings {
  double lam = 0.3;                       // weight of the first image, 0…1
  std::optional<double> mask_ratio = {};  // empty: as in training
  DrawContext draws = {};                 // of the masks
  runtime::Precision precision = runtime::Precision::fp32;
};

/// What a method can do that takes a mixture of two images apart.
class MixtureCapability {
 public:
  virtual ~MixtureCapability() = default;
  /// images: uint8 [pairs, channels, height, width] each. Changes nothing. Throws UsageError for a
  /// weight or a mask ratio out of range.
  virtual SeparatedMixture separate(const at::Tensor& first, const at::Tensor& second,
                                    const MixtureSettings& settings) const = 0;
};

/// One pair as a strip: both images, the mixture, what is seen of it, the reconstructions.
ImageStrip mixture_strip(const SeparatedMixture& separated, std::int64_t pair);

}  // namespace dbot::methods
