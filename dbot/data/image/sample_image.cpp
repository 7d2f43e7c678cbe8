#include "dbot/data/image/sample_image.h"

#include <fmt/format.h>

#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/pixel_values.h"
#include "dbot/data/image/resize_crop.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

/// Raw pixels where they lie, with as many channels as they are stored with.
PixelView stored_pixels(const Sample& sample, const SamplePart& image) {
  const auto shape = image.shape();
  const bool good = image.type() == c10::ScalarType::Byte && shape.size() == 3 && shape[0] > 0 &&
                    shape[1] > 0 && (shape[2] == 1 || shape[2] == 3);
  if (!good) {
    throw data_error(sample.name(), Fault::mismatch,
                     "is no image, expected pixels [height, width, 1 or 3]");
  }
  PixelView view{image.bytes().data(), static_cast<int>(shape[0]), static_cast<int>(shape[1]),
                 static_cast<int>(shape[2]), 0};
  view.row_bytes = static_cast<std::size_t>(view.width) * static_cast<std::size_t>(view.channels);
  return view;
}

void check_raw_channels(const Sample& sample, int channels) {
  if (channels == 1 || channels == 3) return;
  throw UsageError(
      {.operation = "data",
       .subject = sample.name(),
       .fault = Fault::channels,
       .reason = fmt::format(": model.channels is {}, but such pixels give 1 (grey) or 3 (RGB)",
                             channels)});
}

/// Raw pixels with the channels that are wanted; `converted` is memory for them, where they differ.
PixelView raw_pixels(const Sample& sample, const SamplePart& image, int channels,
                     std::vector<std::uint8_t>& converted) {
  check_raw_channels(sample, channels);
  auto view = stored_pixels(sample, image);
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

Image image_of(const Sample& sample, int channels) {
  const auto& image = sample.part(kImagePart);
  if (image.encoded()) return decode_image(image.bytes(), channels, sample.name());
  std::vector<std::uint8_t> converted;
  const auto view = raw_pixels(sample, image, channels, converted);
  Image result{view.height, view.width, channels, {}};
  result.pixels.assign(view.pixels, view.row(view.height));
  return result;
}

void crops_of(const Sample& sample, int channels, std::span<const CropRequest> requests) {
  const auto& image = sample.part(kImagePart);
  if (!image.encoded()) {
    thread_local std::vector<std::uint8_t> converted;  // its memory serves the next image
    const auto view = raw_pixels(sample, image, channels, converted);
    for (const auto& request : requests) {
      const auto choice = request.choose(view.height, view.width);
      resize_crop(view, choice.crop, request.size, choice.mirror, request.planar);
    }
    return;
  }
  const auto& first = requests.front();
  decode_crop(image.bytes(), channels, sample.name(), first.choose, first.size, first.planar);
  if (requests.size() > 1) {
    decode_crops(image.bytes(), channels, sample.name(), requests.subspan(1));
  }
}

Image load_image(const Dataset& dataset, std::int64_t index, int channels) {
  Sample sample;
  dataset.read(index, sample);
  return image_of(sample, channels);
}

}  // namespace dbot::data
