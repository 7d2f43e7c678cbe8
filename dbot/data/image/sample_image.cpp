#include "dbot/data/image/sample_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/pixel_values.h"
#include "dbot/data/image/resize_crop.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

/// Raw pixels where they lie, with as many channels as they are stored with.
PixelView stored_pixels(const Sample& sample, const SamplePart& image) {
  const auto shape = image.shape();
  const bool good = image.type() == c10::ScalarType::Byte && shape.size() == 3 && shape[0] > 0 &&
                    shape[1] > 0 && shape[2] > 0 && shape[2] <= kMostChannels;
  if (!good) {
    throw data_error(
        sample.name(), Fault::mismatch,
        fmt::format("is no image, expected pixels [height, width, 1 to {}]", kMostChannels));
  }
  PixelView view{image.bytes().data(), static_cast<int>(shape[0]), static_cast<int>(shape[1]),
                 static_cast<int>(shape[2]), 0};
  view.row_bytes = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.channels);
  return view;
}

/// Raw pixels with the channels that are wanted; `converted` is memory for them, where they differ.
PixelView raw_pixels(const Sample& sample, const SamplePart& image, int channels,
                     std::vector<std::uint8_t>& converted) {
  auto view = stored_pixels(sample, image);
  check_channels(view.channels, channels, sample.name());
  if (view.channels == channels) return view;
  const auto count = static_cast<std::size_t>(view.height) * static_cast<std::size_t>(view.width);
  auto* pixels = room(converted, count * static_cast<std::size_t>(channels));
  convert_channels(view.pixels, count, view.channels, channels, pixels);
  view.pixels = pixels;
  view.channels = channels;
  view.row_bytes = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(channels);
  return view;
}

}  // namespace

Image image_of(const Sample& sample, const PixelFormat& format) {
  const auto& image = sample.part(kImagePart);
  if (image.encoded()) return decode_image(image.bytes(), format, sample.name());
  std::vector<std::uint8_t> converted;
  const auto view = raw_pixels(sample, image, format.channels, converted);
  Image result{view.height, view.width, format.channels, {}};
  result.pixels.assign(view.pixels, view.row(view.height));
  return result;
}

void crops_of(const Sample& sample, const PixelFormat& format,
              std::span<const CropRequest> requests) {
  const auto& image = sample.part(kImagePart);
  if (!image.encoded()) {
    thread_local std::vector<std::uint8_t> converted;  // its memory serves the next image
    const auto view = raw_pixels(sample, image, format.channels, converted);
    for (const auto& request : requests) {
      const auto choice = request.choose(view.height, view.width);
      resize_crop(view, choice.crop, request.size, choice.mirror, request.planar);
    }
    return;
  }
  const auto& first = requests.front();
  decode_crop(image.bytes(), format, sample.name(), first.choose, first.size, first.planar);
  if (requests.size() > 1) {
    decode_crops(image.bytes(), format, sample.name(), requests.subspan(1));
  }
}

int usual_channels(const Dataset& dataset) {
  constexpr int kRgb = 3;
  constexpr std::int64_t kMostTried = 64;
  Sample sample;
  for (std::int64_t i = 0; i < std::min(dataset.size(), kMostTried); ++i) {
    try {
      dataset.read(i, sample);
      const auto& image = sample.part(kImagePart);
      if (!image.encoded()) {
        const int stored = stored_pixels(sample, image).channels;
        return convertible(stored, kRgb) ? kRgb : stored;
      }
      const auto stored = open_reader(image.bytes(), kAnyChannels, sample.name())->stored_pixels();
      const int colours = stored.colours();
      return colours == 1 ? kRgb : colours;
    } catch (const DataError&) {  // another one may tell
    }
  }
  return kRgb;
}

Image load_image(const Dataset& dataset, std::int64_t index, const PixelFormat& format) {
  Sample sample;
  dataset.read(index, sample);
  return image_of(sample, format);
}

}  // namespace dbot::data
