#include "dbot/report/pictures/set/webp_write.h"

#include <fmt/format.h>
#include <webp/encode.h>

#include <memory>

#include "dbot/core/error.h"

namespace dbot::report {

std::string encode_webp(const data::Image& image, float quality) {
  const bool whole = image.channels == 3 && image.height >= 1 && image.width >= 1 &&
                     image.pixels.size() == image.row_bytes() * image.height;
  std::uint8_t* bytes = nullptr;
  const std::size_t size = whole
                               ? WebPEncodeRGB(image.pixels.data(), image.width, image.height,
                                               static_cast<int>(image.row_bytes()), quality, &bytes)
                               : 0;
  const std::unique_ptr<std::uint8_t, decltype(&WebPFree)> owner(bytes, &WebPFree);
  if (size == 0) {
    throw Error(fmt::format(
        "[webp] an image of {}x{} pixels with {} channels and {} values cannot "
        "be written, expected RGB and sides of 1 to {}",
        image.height, image.width, image.channels, image.pixels.size(), WEBP_MAX_DIMENSION));
  }
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace dbot::report
