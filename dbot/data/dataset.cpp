#include "dbot/data/dataset.h"

#include "dbot/data/image/resize_crop.h"

namespace dbot::data {

void Dataset::load_crop(std::int64_t index, int channels, const ChooseCrop& choose, core::Size size,
                        std::span<std::uint8_t> planar) const {
  const auto image = load(index, channels);
  const auto choice = choose(image.height, image.width);
  resize_crop(image, choice.crop, size, choice.mirror, planar);
}

void Dataset::load_crops(std::int64_t index, int channels,
                         std::span<const CropRequest> requests) const {
  for (const auto& request : requests) {
    load_crop(index, channels, request.choose, request.size, request.planar);
  }
}

}  // namespace dbot::data
