#include "dbot/data/dataset.h"

namespace dbot::data {

void Dataset::load_crop(std::int64_t index, int channels, const ChooseCrop& choose, core::Size size,
                        std::span<std::uint8_t> planar) const {
  const auto image = load(index, channels);
  const auto choice = choose(image.height, image.width);
  resize_crop(image, choice.crop, size, choice.mirror, planar);
}

}  // namespace dbot::data
