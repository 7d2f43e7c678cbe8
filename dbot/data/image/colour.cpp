#include "dbot/data/image/colour.h"

namespace dbot::data {
namespace {

/// a · b / 255, rounded.
int scaled_product(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

}  // namespace

void luma_from_rgb(const std::uint8_t* rgb, std::size_t count, std::uint8_t* luma) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t sum =
        rgb[3 * i] * 19595U + rgb[3 * i + 1] * 38470U + rgb[3 * i + 2] * 7471U + 0x8000U;
    luma[i] = static_cast<std::uint8_t>(sum >> 16);
  }
}

void rgb_from_inverted_cmyk(const std::uint8_t* cmyk, std::size_t count, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < count; ++i) {
    const int light = cmyk[4 * i + 3];  // what black ink lets through
    for (std::size_t c = 0; c < 3; ++c) {
      const int ink = 255 - cmyk[4 * i + c];
      rgb[3 * i + c] = static_cast<std::uint8_t>(light - scaled_product(ink, light));
    }
  }
}

}  // namespace dbot::data
