#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dbot/core/error.h"

namespace dbot::formats {

/// Takes little-endian numbers and texts from bytes. Every length is compared with what is left
/// before anything is taken; throws DataError when there is less.
class PickleInput {
 public:
  explicit PickleInput(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::uint64_t left() const { return bytes_.size() - position_; }

  /// An unsigned number of 1 to 8 bytes.
  std::uint64_t number(unsigned bytes) {
    std::uint64_t value = 0;
    const std::string_view text = take(bytes);
    for (unsigned i = 0; i < bytes; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    }
    return value;
  }

  /// Highest byte first, as pickles hold them.
  double real() {
    std::uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
    return std::bit_cast<double>(bits);
  }

  std::string_view take(std::uint64_t length) {
    if (length > left()) {
      throw DataError({.fault = Fault::truncated,
                       .reason = fmt::format(
                           "it ends at byte {}, within a part of {} bytes that begins at byte {}",
                           bytes_.size(), length, position_)});
    }
    const auto part = bytes_.subspan(position_, length);
    position_ += length;
    return {reinterpret_cast<const char*>(part.data()), part.size()};
  }

  /// To the end of the line, which is taken too.
  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + position_, left());
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) {
      throw DataError({.fault = Fault::truncated, .reason = "it ends within a line"});
    }
    position_ += end + 1;
    return rest.substr(0, end);
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

}  // namespace dbot::formats
