#include "dbot/data/image/codecs/codec_bmp.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/raster.h"

namespace dbot::data {
namespace {

constexpr std::size_t kFileHeader = 14;

/// The headers: BITMAPFILEHEADER and BITMAPINFOHEADER or a later, longer one.
class BmpHeader {
 public:
  BmpHeader(std::span<const std::uint8_t> bytes, std::string_view name)
      : bytes_(bytes), name_(name) {
    if (bytes.size() < kFileHeader + 40) fail("it ends in its header", Fault::truncated);
    header_bytes = word(kFileHeader);
    first = word(10);
    const auto signed_width = static_cast<std::int32_t>(word(kFileHeader + 4));
    const auto signed_height = static_cast<std::int32_t>(word(kFileHeader + 8));
    bits = static_cast<int>(word(kFileHeader + 14) & 0xFFFF);
    const auto compression = word(kFileHeader + 16);
    colours = word(kFileHeader + 32);
    top_down = signed_height < 0;
    if (header_bytes < 40 || header_bytes > 256) fail("its header is of an unknown kind");
    if (signed_width <= 0 || signed_height == 0 || signed_height == INT32_MIN) {
      fail("it has no pixels");
    }
    width = signed_width;
    height = std::abs(signed_height);
    check_image_size(static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width), name);
    const bool fields = compression == 3 && bits == 32 && usual_masks();
    if (compression != 0 && !fields) throw unread_error(name_, "a compressed BMP");
  }

  std::uint32_t word(std::size_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < 4) return 0;
    return std::uint32_t{bytes_[at]} | std::uint32_t{bytes_[at + 1]} << 8 |
           std::uint32_t{bytes_[at + 2]} << 16 | std::uint32_t{bytes_[at + 3]} << 24;
  }
  [[noreturn]] void fail(std::string_view reason, Fault fault = Fault::corrupt) const {
    throw data_error(name_, fault, fmt::format("broken BMP: {}", reason));
  }

  std::uint32_t header_bytes = 0, first = 0, colours = 0;
  int width = 0, height = 0, bits = 0;
  bool top_down = false;

 private:
  bool usual_masks() const {
    const auto masks = kFileHeader + 40;
    return word(masks) == 0xFF0000 && word(masks + 4) == 0xFF00 && word(masks + 8) == 0xFF;
  }

  std::span<const std::uint8_t> bytes_;
  std::string_view name_;
};

std::size_t row_bytes(const BmpHeader& header) {
  return (static_cast<std::size_t>(header.width) * static_cast<std::size_t>(header.bits) + 31) /
         32 * 4;
}

/// Looks every pixel up; RGB, rows from the top.
std::vector<std::uint8_t> with_palette(std::span<const std::uint8_t> bytes,
                                       const BmpHeader& header) {
  const std::size_t row_length = row_bytes(header), rows = static_cast<std::size_t>(header.height);
  if (header.first > bytes.size() || (bytes.size() - header.first) / rows < row_length) {
    header.fail("it ends too early", Fault::truncated);
  }
  const std::size_t palette = kFileHeader + header.header_bytes;
  const std::uint32_t most = 1U << header.bits;
  const std::uint32_t colours = header.colours == 0 ? most : header.colours;
  std::vector<std::uint8_t> pixels;
  pixels.reserve(rows * static_cast<std::size_t>(header.width) * 3);
  for (std::size_t y = 0; y < rows; ++y) {
    const auto* row =
        bytes.data() + header.first + (header.top_down ? y : rows - 1 - y) * row_length;
    for (int x = 0; x < header.width; ++x) {
      const int place = x * header.bits;
      const auto index =
          static_cast<std::uint32_t>(row[place / 8]) >> (8 - header.bits - place % 8) & (most - 1);
      if (index >= colours) header.fail("a pixel has a colour beyond its palette");
      const std::uint32_t colour = header.word(palette + std::size_t{4} * index);
      for (const int shift : {16, 8, 0})
        pixels.push_back(static_cast<std::uint8_t>(colour >> shift));
    }
  }
  return pixels;
}

}  // namespace

std::unique_ptr<ImageReader> open_bmp(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name) {
  const BmpHeader header(bytes, name);
  if (header.bits == 1 || header.bits == 4 || header.bits == 8) {
    return read_unpacked(with_palette(bytes, header), header.height, header.width, 3, {}, format,
                         name);
  }
  if (header.bits != 24 && header.bits != 32) {
    throw unread_error(
        name, fmt::format("a BMP of {} bits a pixel, not of 1, 4, 8, 24 or 32", header.bits));
  }
  Raster raster;
  raster.height = header.height;
  raster.width = header.width;
  raster.channels = 3;
  raster.pixel_step = header.bits / 8;
  raster.channel_step = -1;  // blue, green, red
  const auto row_step = static_cast<std::ptrdiff_t>(row_bytes(header));
  raster.row_step = header.top_down ? row_step : -row_step;
  raster.first =
      std::ptrdiff_t{header.first} + 2 + (header.top_down ? 0 : (header.height - 1) * row_step);
  return read_raster(bytes, raster, format, name);
}

}  // namespace dbot::data
