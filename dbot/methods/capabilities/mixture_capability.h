#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

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
  std::vector<std::int64_t> pairs = {};  // their numbers, by which masks are drawn; empty: 0, 1, …
  runtime::Precision precision = runtime::Precision::fp32;
};

/// How far predictions of one image of each pair are from it in the hidden patches.
struct SeparationError {
  double reconstruction = 0;  // of what the method makes of the mixture
  double mixture = 0;         // of the mixture itself
  double mean = 0;            // of the mean colour of the data
};

/// Sums of squared differences of normalised pixels over all hidden patches of all pairs.
struct SeparationErrors {
  SeparationError subordinate = {};
  std::optional<SeparationError> dominant = {};  // none of one separation layer
  std::int64_t values = 0;                       // that each sum adds up
};

/// What a method can do that takes a mixture of two images apart.
class MixtureCapability {
 public:
  virtual ~MixtureCapability() = default;
  /// images: uint8 [pairs, channels, height, width] each. Changes nothing. Throws UsageError for a
  /// weight or a mask ratio out of range.
  virtual SeparatedMixture separate(const at::Tensor& first, const at::Tensor& second,
                                    const MixtureSettings& settings) const = 0;
  /// The same mixtures, measured. Throws UsageError likewise.
  virtual SeparationErrors separation_errors(const at::Tensor& first, const at::Tensor& second,
                                             const MixtureSettings& settings) const = 0;
};

/// One pair as a strip: both images, the mixture, what is seen of it, the reconstructions.
ImageStrip mixture_strip(const SeparatedMixture& separated, std::int64_t pair);

}  // namespace dbot::methods
