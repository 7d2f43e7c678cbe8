#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/capabilities/image_capability.h"
#include "dbot/report/pictures/components/picture_places.h"
#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// Whole images from predicted pixels: masked patches as predicted, visible ones as they are. True
/// colours: what was standardised is put back on its own patch's mean and deviation. uint8
/// [batch, channels, height, width].
at::Tensor reconstructed_pixels(const methods::MaskedPrediction& prediction);

/// What the network is given and what it predicts, one strip an image. Pixels: original, masked,
/// reconstruction ("reconstruction"). Features: original, masked, target and prediction in colours
/// of the targets' principal components ("features"). pixels: uint8, the batch's images in 1 or 3
/// channels, which are those of `channels` (see shown_channels). Writes the pictures.
PictureGroup draw_masked_pictures(const methods::MaskedPrediction& prediction,
                                  const at::Tensor& pixels, const std::vector<std::string>& names,
                                  const PicturePlaces& places,
                                  const std::vector<std::int64_t>& channels = {});

}  // namespace dbot::report
