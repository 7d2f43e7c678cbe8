#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dbot/data/dataset.h"
#include "dbot/data/image/crop.h"
#include "dbot/data/image/image.h"

// The image of a sample: its part "image", an encoded file (codec.h) or raw pixels, uint8 [height,
// width, channels].
namespace dbot::data {

inline constexpr std::string_view kImagePart = "image";

/// Decodes it to `format` (1 channel: luma, 3: RGB; grey is repeated). Throws DataError naming the
/// sample and what is wrong with it.
Image image_of(const Sample& sample, const PixelFormat& format);

/// Crops of it, at least one. The first is that of `decode_crop`, bit for bit; the others may share
/// one decoding, which is that of the finest of them. Throws as `image_of`.
void crops_of(const Sample& sample, const PixelFormat& format,
              std::span<const CropRequest> requests);

/// The channels that images of a data set are read with where nobody says: 3, grey as RGB, unless
/// the first that can be read has another number.
int usual_channels(const Dataset& dataset);

/// Reads a sample of a data set and decodes its image. Throws as `read` and `image_of`.
Image load_image(const Dataset& dataset, std::int64_t index, const PixelFormat& format);

}  // namespace dbot::data
