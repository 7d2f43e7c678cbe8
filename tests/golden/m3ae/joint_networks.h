#pragma once

#include "dbot/methods/image_text/image_text_config.h"
#include "tests/golden/harness/comparison.h"
#include "tests/golden/harness/fixture.h"

namespace dbot::golden {

/// Shapes, ratios and weights of the loss that an M3AE's file names, or that its tensors have.
methods::ImageTextConfig joint_config(const Fixture& fixture);

/// [batch, height, width, 3] → [batch, 3, height, width].
at::Tensor channels_first(const at::Tensor& images);

}  // namespace dbot::golden
