#include "dbot/report/pictures/sheet/small_picture.h"

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/report/pictures/canvas.h"

namespace dbot::report {
namespace {

/// The first three channels, or the first of two.
data::Image shown_channels_of(const data::Image& image) {
  const int channels = image.channels == 2 ? 1 : std::min(image.channels, 3);
  data::Image shown{image.height, image.width, channels, {}};
  const auto all = static_cast<std::size_t>(image.channels);
  for (std::size_t at = 0; at < image.pixels.size(); at += all) {
    shown.pixels.insert(shown.pixels.end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(at),
                        image.pixels.begin() + static_cast<std::ptrdiff_t>(at) + channels);
  }
  return as_rgb(shown);
}

}  // namespace

data::Image small_picture(const data::Dataset& dataset, std::int64_t index,
                          const data::PixelFormat& format, int side) {
  // A network of grey images is shown colours where there are some.
  const bool usual = format.channels == 1 || format.channels == 3;
  try {
    const data::Image image =
        data::load_image(dataset, index, {usual ? 3 : format.channels, format.values});
    return fitted(shown_channels_of(image), side);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace dbot::report
