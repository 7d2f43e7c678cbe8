#include "dbot/data/image/pixel_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "dbot/data/data_error.h"
#include "dbot/data/image/colour.h"

namespace dbot::data {
namespace {

template <typename Word>
Word read_word(const std::uint8_t* from, bool big_endian) {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) {
    word = static_cast<Word>(word << 8 | from[big_endian ? i : sizeof(Word) - 1 - i]);
  }
  return word;
}

std::uint8_t of_whole(std::uint32_t value, std::uint32_t white) {
  if (white == 255) return static_cast<std::uint8_t>(value);
  if (white == 0xFFFF) return static_cast<std::uint8_t>(value >> 8);
  return static_cast<std::uint8_t>(std::min<std::uint32_t>(255, (value * 255 + white / 2) / white));
}

std::uint8_t of_real(double value) {
  if (!(value > 0)) return 0;  // not-a-number, too
  return static_cast<std::uint8_t>(std::min(value, 1.0) * 255 + 0.5);
}

std::uint8_t narrowed(const std::uint8_t* from, const PixelValueType& type) {
  switch (type.kind) {
    case PixelValueType::Kind::bits8:
      return of_whole(*from, type.white);
    case PixelValueType::Kind::bits16:
      return of_whole(read_word<std::uint16_t>(from, type.big_endian), type.white);
    case PixelValueType::Kind::float32:
      return of_real(std::bit_cast<float>(read_word<std::uint32_t>(from, type.big_endian)));
    case PixelValueType::Kind::float64:
      return of_real(std::bit_cast<double>(read_word<std::uint64_t>(from, type.big_endian)));
  }
  return 0;
}

int without_alpha(int stored) {
  return stored == 2 ? 1 : stored == 4 ? 3 : stored;
}

}  // namespace

std::size_t PixelValueType::bytes() const {
  switch (kind) {
    case Kind::bits8:
      return 1;
    case Kind::bits16:
      return 2;
    case Kind::float32:
      return 4;
    case Kind::float64:
      return 8;
  }
  return 1;
}

void narrow_values(const std::uint8_t* from, std::size_t count, std::size_t step,
                   const PixelValueType& type, std::uint8_t* to, std::size_t to_step) {
  for (std::size_t i = 0; i < count; ++i) to[i * to_step] = narrowed(from + i * step, type);
}

bool convertible(int stored, int channels) {
  const int colours = without_alpha(stored);
  return stored == channels || ((colours == 1 || colours == 3) && (channels == 1 || channels == 3));
}

void check_channels(int stored, int channels, std::string_view name) {
  if (convertible(stored, channels)) return;
  throw data_error(name, Fault::channels,
                   fmt::format("has {} channels, expected model.channels = {}", stored, channels));
}

void convert_channels(const std::uint8_t* from, std::size_t count, int stored, int channels,
                      std::uint8_t* to) {
  if (stored == channels) {
    if (from != to) std::memcpy(to, from, count * static_cast<std::size_t>(channels));
    return;
  }
  const int colours = without_alpha(stored);
  if (stored == 3 && channels == 1) return luma_from_rgb(from, count, to);
  for (std::size_t i = 0; i < count; ++i, from += stored, to += channels) {
    if (colours == 3 && channels == 1) {
      luma_from_rgb(from, 1, to);
    } else {
      for (int c = 0; c < channels; ++c) to[c] = from[colours == 1 ? 0 : c];
    }
  }
}

}  // namespace dbot::data
