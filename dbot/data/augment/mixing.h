#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "dbot/core/random.h"
#include "dbot/core/settings/settings.h"
#include "dbot/data/image/crop.h"

// Mixup (Zhang et al., arXiv 1710.09412) and CutMix (Yun et al., arXiv 1905.04899) of a batch with
// itself in reverse order, one mixture for all, as in timm's batch mode (docs/methods/mae.md §6).
// What was drawn is a value of its own, so that it can also be given. A training step is
//
//     const Mix mix = draw_mix(config, size, random);
//     mix_images(images, mix);                                            // normalised, float
//     loss = soft_target_cross_entropy(logits, mixed_targets(labels, classes, smoothing, mix));
namespace dbot::data {

struct MixingConfig {
  double mixup = 0;          // both parameters of the beta distribution of λ; 0: no mixup
  double cutmix = 0;         // the same for CutMix
  double probability = 1;    // that a batch is mixed at all
  double cutmix_share = .5;  // of the mixed batches, where both are on
};

/// One batch's mixture.
struct Mix {
  double kept = 1;          // λ: share of an image's own label; the partner's is the rest
  std::optional<Crop> box;  // of the partner's pixels (CutMix); without it all pixels are blended
};

/// Whether any batch is mixed.
bool mixes(const MixingConfig& config);

/// Throws UsageError for parameters below 0 and probabilities outside 0…1.
Mix draw_mix(const MixingConfig& config, core::Size size, core::Random& random);

/// The box around a pixel, each side truncated to √(1 − λ) of the image's and cut off at its
/// border.
Crop cutmix_box(double lambda, core::Size size, std::int64_t row, std::int64_t column);
/// A CutMix mixture, whose λ is what the box leaves of an image.
Mix cutmix(const Crop& box, core::Size size);

/// Mixes in place. images: floating point [batch, channels, height, width], or clips, [batch,
/// channels, frames, height, width], whose frames have one box. The middle one of an odd batch is
/// its own partner. Throws UsageError for other tensors and a box outside them.
void mix_images(at::Tensor& images, const Mix& mix);

/// float32 [batch, classes]: 1 − smoothing + smoothing / classes at the label, smoothing / classes
/// elsewhere. labels: int64 [batch]. Throws UsageError for labels outside 0…classes − 1.
at::Tensor soft_targets(const at::Tensor& labels, std::int64_t classes, double smoothing);
/// Soft targets of each image and of its partner, λ : 1 − λ.
at::Tensor mixed_targets(const at::Tensor& labels, std::int64_t classes, double smoothing,
                         const Mix& mix);

}  // namespace dbot::data
