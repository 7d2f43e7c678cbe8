#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace dbot::test {

/// An IDX file of unsigned bytes that count up from 0.
inline std::vector<std::uint8_t> idx_bytes(const std::vector<std::uint32_t>& shape) {
  std::vector<std::uint8_t> bytes{0, 0, 8, static_cast<std::uint8_t>(shape.size())};
  std::uint32_t count = 1;
  for (const auto extent : shape) {
    for (const int shift : {24, 16, 8, 0})
      bytes.push_back(static_cast<std::uint8_t>(extent >> shift));
    count *= extent;
  }
  for (std::uint32_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

/// The labels i % `classes`.
inline std::vector<std::uint8_t> idx_labels(std::uint32_t count, std::uint32_t classes) {
  auto bytes = idx_bytes({count});
  for (std::uint32_t i = 0; i < count; ++i) bytes[8 + i] = static_cast<std::uint8_t>(i % classes);
  return bytes;
}

inline void write_gzip(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

}  // namespace dbot::test
