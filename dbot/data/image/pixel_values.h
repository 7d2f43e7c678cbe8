#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dbot/data/image/value_range.h"

// How values of any depth and any number of channels become the 8-bit pixels of a network's input.
// docs/data.md states the rules.
namespace dbot::data {

/// The type of a stored value. Words and floats: `big_endian` or little.
struct PixelValueType {
  enum class Kind { bits8, bits16, float32, float64 };
  Kind kind = Kind::bits8;
  bool big_endian = false;
  /// The value that is white, for whole numbers; floats are white at 1.
  std::uint32_t white = 255;
  /// In place of it, where it is given and values have more than 8 bits.
  ValueRange range = {};

  std::size_t bytes() const;
  /// What `SeenValues` are of such values.
  SeenValues::Kind seen_as() const;
};

/// 8-bit values of `count` stored ones that lie `step` bytes apart: whole numbers are scaled by
/// 255 / white and rounded, but full 16 bits give their upper byte, as PNG readers do; floats are
/// scaled by 255, rounded and clamped; what is not a number is 0. With a range, all are scaled from
/// it, rounded and clamped. `seen` takes the values of more than 8 bits.
void narrow_values(const std::uint8_t* from, std::size_t count, std::size_t step,
                   const PixelValueType& type, std::uint8_t* to, std::size_t to_step,
                   SeenValues& seen);

/// True if pixels of `stored` channels can be given as `channels`: as many; grey (with alpha) as
/// RGB, RGB (with alpha) as grey; alpha, the second or fourth channel, is dropped. Always true for
/// `kAnyChannels`.
bool convertible(int stored, int channels);

/// Throws DataError, naming both numbers, unless they are convertible.
void check_channels(int stored, int channels, std::string_view name);

/// Converts `count` interleaved pixels. `from` and `to` may be the same where `channels` is not
/// larger.
void convert_channels(const std::uint8_t* from, std::size_t count, int stored, int channels,
                      std::uint8_t* to);

}  // namespace dbot::data
