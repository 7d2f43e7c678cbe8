#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dbot::data {

/// Memory for `bytes` bytes whose content does not matter, in a buffer that serves one image after
/// the other. What an unusually large image has left behind is given back with the next.
inline std::uint8_t* room(std::vector<std::uint8_t>& buffer, std::size_t bytes) {
  constexpr std::size_t kUsual = std::size_t{1} << 25;
  if (buffer.size() > kUsual && bytes <= kUsual) std::vector<std::uint8_t>().swap(buffer);
  if (buffer.size() < bytes) buffer.resize(bytes);
  return buffer.data();
}

}  // namespace dbot::data
