#include "dbot/data/encoded_dataset.h"

#include "dbot/data/image/codec.h"

namespace dbot::data {

Image EncodedDataset::load(std::int64_t index, int channels) const {
  std::vector<std::uint8_t> bytes;
  read(index, bytes);
  return decode_image(bytes, channels, name(index));
}

void EncodedDataset::load_crop(std::int64_t index, int channels, const ChooseCrop& choose,
                               core::Size size, std::span<std::uint8_t> planar) const {
  const CropRequest request{choose, size, planar};
  load_crops(index, channels, {&request, 1});
}

void EncodedDataset::load_crops(std::int64_t index, int channels,
                                std::span<const CropRequest> requests) const {
  thread_local std::vector<std::uint8_t> bytes;  // its memory serves the next image
  read(index, bytes);
  const std::string file = name(index);
  const auto& first = requests.front();
  decode_crop(bytes, channels, file, first.choose, first.size, first.planar);
  if (requests.size() > 1) decode_crops(bytes, channels, file, requests.subspan(1));
}

}  // namespace dbot::data
