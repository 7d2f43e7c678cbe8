#include "dbot/data/image/pixel_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "dbot/data/data_error.h"
#include "dbot/data/image/colour.h"
#include "dbot/data/image/image_reader.h"

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

/// The number that is stored at `from`.
template <PixelValueType::Kind kind>
auto stored_value(const std::uint8_t* from, bool big_endian) {
  using Stored = PixelValueType::Kind;
  if constexpr (kind == Stored::bits16) return read_word<std::uint16_t>(from, big_endian);
  if constexpr (kind == Stored::float32) {
    return std::bit_cast<float>(read_word<std::uint32_t>(from, big_endian));
  }
  if constexpr (kind == Stored::float64) {
    return std::bit_cast<double>(read_word<std::uint64_t>(from, big_endian));
  }
}

template <PixelValueType::Kind kind>
void narrow_deep(const std::uint8_t* from, std::size_t count, std::size_t step,
                 const PixelValueType& type, std::uint8_t* to, std::size_t to_step,
                 SeenValues& seen) {
  const bool given = type.range.given();
  const double scale = given ? 1 / (type.range.white - type.range.black) : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = stored_value<kind>(from + i * step, type.big_endian);
    seen.add(static_cast<double>(value));
    if (given) {
      to[i * to_step] = of_real((static_cast<double>(value) - type.range.black) * scale);
    } else if constexpr (kind == PixelValueType::Kind::bits16) {
      to[i * to_step] = of_whole(value, type.white);
    } else {
      to[i * to_step] = of_real(value);
    }
  }
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

SeenValues::Kind PixelValueType::seen_as() const {
  if (kind == Kind::bits8) return SeenValues::Kind::none;
  if (kind != Kind::bits16) return SeenValues::Kind::real;
  // A format that names its own white says what its numbers mean.
  return white == 0xFFFF ? SeenValues::Kind::whole : SeenValues::Kind::none;
}

void narrow_values(const std::uint8_t* from, std::size_t count, std::size_t step,
                   const PixelValueType& type, std::uint8_t* to, std::size_t to_step,
                   SeenValues& seen) {
  using Kind = PixelValueType::Kind;
  switch (type.kind) {
    case Kind::bits8:
      for (std::size_t i = 0; i < count; ++i)
        to[i * to_step] = of_whole(from[i * step], type.white);
      return;
    case Kind::bits16:
      return narrow_deep<Kind::bits16>(from, count, step, type, to, to_step, seen);
    case Kind::float32:
      return narrow_deep<Kind::float32>(from, count, step, type, to, to_step, seen);
    case Kind::float64:
      return narrow_deep<Kind::float64>(from, count, step, type, to, to_step, seen);
  }
}

bool convertible(int stored, int channels) {
  const int colours = without_alpha(stored);
  return stored == channels || channels == kAnyChannels ||
         ((colours == 1 || colours == 3) && (channels == 1 || channels == 3));
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
