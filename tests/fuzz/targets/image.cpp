#include <optional>

#include "dbot/core/error.h"
#include "dbot/data/codec.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

// A header of a few bytes may announce 2^28 pixels, which take seconds; the code that decodes them
// is the same.
constexpr std::uint64_t most_pixels = 1 << 18;

std::uint64_t big_endian(Bytes input, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | input[at + i];
  return value;
}

bool is_large(std::uint64_t height, std::uint64_t width) {
  return height != 0 && width > most_pixels / height;
}

bool announces_large_png(Bytes input) {
  return input.size() >= 24 && is_large(big_endian(input, 20, 4), big_endian(input, 16, 4));
}

// Any start of a frame (FF C0 … FF CF) followed by a large size, wherever it stands.
bool announces_large_jpeg(Bytes input) {
  for (std::size_t i = 0; i + 9 <= input.size(); ++i) {
    if (input[i] != 0xFF || (input[i + 1] & 0xF0) != 0xC0) continue;
    if (is_large(big_endian(input, i + 5, 2), big_endian(input, i + 7, 2))) return true;
  }
  return false;
}

void decode(Bytes input, int channels) {
  try {
    const data::Image image = data::decode_image(input, channels, "image");
    require(image.channels == channels && image.height > 0 && image.width > 0);
    require(image.pixels.size() == image.row_bytes() * static_cast<std::size_t>(image.height));
  } catch (const DataError&) {
  }
}

}  // namespace

void image(Bytes input) {
  if (input.empty() ||
      (input[0] == 0xFF ? announces_large_jpeg(input) : announces_large_png(input))) {
    return;
  }
  decode(input, 1);
  decode(input, 3);
}

}  // namespace dbot::fuzz
