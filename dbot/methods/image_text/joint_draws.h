#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "dbot/methods/draws.h"
#include "dbot/methods/image_text/image_text_config.h"

namespace dbot::methods {

/// The noise of the masks of images, captions and unpaired texts, in this order: float32 [batch,
/// patches], [batch, tokens] and [batch, tokens of unpaired ones].
struct JointNoise {
  at::Tensor image, text, unpaired;
};

/// Uniform in [0, 1). Of a sample's own, a row depends on (seed, stage, epoch, sample) alone; of a
/// batch, all rows are the micro-batch's.
JointNoise joint_noise(const ImageTextConfig& config, const DrawContext& context,
                       std::span<const std::int64_t> sample_ids);

}  // namespace dbot::methods
