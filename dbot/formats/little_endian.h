#pragma once

#include <cstdint>
#include <string>

namespace dbot::formats {

/// Appends the lowest `bytes` bytes (1 to 8) of a number, lowest first.
inline void append_little_endian(std::string& text, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
}

}  // namespace dbot::formats
