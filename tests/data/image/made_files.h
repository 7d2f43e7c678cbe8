#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

// Image files of unusual values, made by formula.
namespace dbot::test {

using FileBytes = std::vector<std::uint8_t>;

/// Little-endian bytes of numbers.
template <typename Number>
FileBytes bytes_of_values(const std::vector<Number>& values) {
  FileBytes bytes;
  for (const Number value : values) {
    std::uint64_t bits = 0;
    if constexpr (sizeof(Number) == 8) {
      bits = std::bit_cast<std::uint64_t>(value);
    } else if constexpr (sizeof(Number) == 4) {
      bits = std::bit_cast<std::uint32_t>(value);
    } else {
      bits = static_cast<std::uint64_t>(value);
    }
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      bytes.push_back(static_cast<std::uint8_t>(bits >> 8 * i));
    }
  }
  return bytes;
}

/// An npy file: `descr` as in "<f4", `shape` as in "4, 6, 3".
inline FileBytes npy_of(const std::string& descr, const std::string& shape,
                        const FileBytes& values) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
  std::string file = "\x93NUMPY\x01";
  file.push_back('\0');
  file.push_back(static_cast<char>(header.size() & 0xFF));
  file.push_back(static_cast<char>(header.size() >> 8));
  file += header;
  FileBytes bytes(file.begin(), file.end());
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// How a TIFF describes its values.
struct TiffKind {
  int bits = 8, format = 1;  // 1 whole, 2 signed, 3 floats
  int photometric = 1;       // black is 0
  int channels = 1, compression = 1;
};

/// A TIFF of one strip, little-endian.
inline FileBytes tiff_of(int height, int width, const TiffKind& kind, const FileBytes& values,
                         const std::string& xmp = "") {
  FileBytes file;
  file.reserve(values.size() + xmp.size() + 1024);
  file.assign({'I', 'I', 42, 0, 0, 0, 0, 0});
  const auto put = [&](std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) file.push_back(static_cast<std::uint8_t>(number >> 8 * i));
  };
  const auto begin = static_cast<std::uint32_t>(file.size());
  for (const std::uint8_t value : values) file.push_back(value);
  const auto packet = static_cast<std::uint32_t>(file.size());
  file.insert(file.end(), xmp.begin(), xmp.end());
  const auto depths = static_cast<std::uint32_t>(file.size());
  for (int c = 0; c < kind.channels; ++c) put(static_cast<std::uint32_t>(kind.bits), 2);
  const auto formats = static_cast<std::uint32_t>(file.size());
  for (int c = 0; c < kind.channels; ++c) put(static_cast<std::uint32_t>(kind.format), 2);
  if (file.size() % 2 != 0) file.push_back(0);
  const auto directory = static_cast<std::uint32_t>(file.size());
  for (int i = 0; i < 4; ++i) file[4 + i] = static_cast<std::uint8_t>(directory >> 8 * i);
  const auto channels = static_cast<std::uint32_t>(kind.channels);
  const auto entry = [&](int tag, int type, std::uint32_t count, std::uint32_t value) {
    put(static_cast<std::uint32_t>(tag), 2);
    put(static_cast<std::uint32_t>(type), 2);
    put(count, 4);
    put(value, 4);
  };
  const auto shorts = [&](int tag, std::uint32_t place, int value) {
    // Up to two fit into the entry itself.
    const auto one = static_cast<std::uint32_t>(value);
    entry(tag, 3, channels, channels > 2 ? place : channels == 2 ? one | one << 16 : one);
  };
  put(xmp.empty() ? 10 : 11, 2);
  entry(256, 4, 1, static_cast<std::uint32_t>(width));
  entry(257, 4, 1, static_cast<std::uint32_t>(height));
  shorts(258, depths, kind.bits);
  entry(259, 3, 1, static_cast<std::uint32_t>(kind.compression));
  entry(262, 3, 1, static_cast<std::uint32_t>(kind.photometric));
  entry(273, 4, 1, begin);
  entry(277, 3, 1, channels);
  entry(278, 4, 1, static_cast<std::uint32_t>(height));
  entry(279, 4, 1, static_cast<std::uint32_t>(values.size()));
  shorts(339, formats, kind.format);
  if (!xmp.empty()) entry(700, 1, static_cast<std::uint32_t>(xmp.size()), packet);
  put(0, 4);
  return file;
}

/// `block` as an APP1 segment right behind the first two bytes of a JPEG.
inline FileBytes with_app1(FileBytes jpeg, const std::string& block) {
  const auto length = block.size() + 2;
  FileBytes segment{0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8),
                    static_cast<std::uint8_t>(length)};
  segment.insert(segment.end(), block.begin(), block.end());
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

}  // namespace dbot::test
