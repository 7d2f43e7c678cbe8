#include "dbot/data/encoded_dataset.h"

#include "dbot/data/codec.h"

namespace dbot::data {

Image EncodedDataset::load(std::int64_t index, int channels) const {
  std::vector<std::uint8_t> bytes;
  read(index, bytes);
  return decode_image(bytes, channels, name(index));
}

void EncodedDataset::load_crop(std::int64_t index, int channels, const ChooseCrop& choose,
                               core::Size size, std::span<std::uint8_t> planar) const {
  thread_local std::vector<std::uint8_t> bytes;  // its memory serves the next image
  read(index, bytes);
  decode_crop(bytes, channels, name(index), choose, size, planar);
}

}  // namespace dbot::data
