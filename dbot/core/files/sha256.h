#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace dbot::core {

/// SHA-256, piece by piece: the hash by which files are published. Source: FIPS 180-4.
class Sha256 {
 public:
  void add(std::span<const std::byte> bytes);
  /// Of all bytes so far, as 64 hexadecimal digits. Nothing can be added behind it.
  std::string finish();

 private:
  void block(const std::byte* bytes);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> rest_{};
  std::uint64_t length_ = 0;  // bytes
};

/// What `sha256sum` prints of a file. Throws Error if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace dbot::core
