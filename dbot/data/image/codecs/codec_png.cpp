#include "dbot/data/image/codecs/codec_png.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/codecs/png_jump.h"
#include "dbot/data/image/colour.h"
#include "dbot/data/image/pixel_values.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

/// libpng's reader over bytes in memory.
class PngSource {
 public:
  explicit PngSource(std::span<const std::uint8_t> bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &jump_, PngJump::on_error,
                                  PngJump::on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, [](png_structp png, png_bytep target, std::size_t count) {
      static_cast<PngSource*>(png_get_io_ptr(png))->read(target, count);
    });
  }
  ~PngSource() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngSource(const PngSource&) = delete;
  PngSource& operator=(const PngSource&) = delete;

  /// Runs `step`, which must not own anything; false if libpng reported an error, then `error` says
  /// which.
  template <typename Step>
  bool guarded(const Step& step) {
    return jump_.guarded([&] { step(png_, info_); });
  }

  const PngJump& error() const { return jump_; }

 private:
  void read(png_bytep target, std::size_t count) {
    if (count > rest_.size()) jump_.leave("the file ends too early", Fault::truncated);
    std::memcpy(target, rest_.data(), count);
    rest_ = rest_.subspan(count);
  }

  std::span<const std::uint8_t> rest_;
  PngJump jump_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

/// Asks libpng for grey or RGB without alpha, of 8 bits, or of 16 where the file has them.
void request_plain_pixels(png_structp png, png_infop info, int channels) {
  png_set_expand(png);  // palettes, 1 to 4 bits, tRNS (which becomes alpha, dropped below)
  png_set_strip_alpha(png);
  const bool grey = (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0;
  if (grey && channels == 3) png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

struct Chunk {
  std::string_view type;
  std::span<const std::uint8_t> content;
};

/// Splits the first chunk off `rest`; false if it is not whole.
bool next_chunk(std::span<const std::uint8_t>& rest, Chunk& chunk) {
  constexpr std::size_t kFrame = 12;  // length, type, checksum
  if (rest.size() < kFrame) return false;
  const std::size_t length = std::size_t{rest[0]} << 24 | rest[1] << 16 | rest[2] << 8 | rest[3];
  if (rest.size() - kFrame < length) return false;
  chunk = {{reinterpret_cast<const char*>(rest.data()) + 4, 4}, rest.subspan(8, length)};
  rest = rest.subspan(kFrame + length);
  return true;
}

class PngReader final : public ImageReader {
 public:
  PngReader(std::span<const std::uint8_t> bytes, const PixelFormat& format, std::string_view name)
      : source_(bytes), channels_(format.channels), name_(name) {
    png_uint_32 height = 0, width = 0;
    require_standard(bytes);
    check(source_.guarded([&](png_structp png, png_infop info) {
      png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_image_size judges
      // Texts, profiles, times: libpng would take the memory that such a chunk claims, up to 2 GB.
      png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_read_info(png, info);
      height = png_get_image_height(png, info);
      width = png_get_image_width(png, info);
      stored_.channels = png_get_channels(png, info);
      stored_.bits = png_get_bit_depth(png, info);
      stored_.palette = png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE;
      stored_.alpha = (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) != 0;
    }));
    check_image_size(height, width, name);
    height_ = static_cast<int>(height);
    width_ = static_cast<int>(width);
    if (stored_.bits == 16) deep_ = {PixelValueType::Kind::bits16, true, 0xFFFF, format.values};
    seen_.kind = deep_.seen_as();
    walk_chunks(bytes);
  }

  StoredPixels stored_pixels() const override { return stored_; }

  DecodedPart read(const Crop& area, int, std::vector<std::uint8_t>& pixels) override {
    int given = 0;
    bool interlaced = false;
    check(source_.guarded([&](png_structp png, png_infop info) {
      interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
      request_plain_pixels(png, info, channels_);
      given = png_get_channels(png, info);
    }));
    // An interlaced image is in no part of the file before it is whole.
    const int first = interlaced ? 0 : area.top;
    const int last = interlaced ? height_ : area.top + area.height;
    const std::size_t row_values = static_cast<std::size_t>(width_) * given;
    const std::size_t row_bytes = row_values * deep_.bytes();
    const std::size_t needed = row_bytes * (last - first);
    room(pixels, needed);
    if (interlaced) {
      read_interlaced(pixels.data(), row_bytes);
    } else {
      read_rows(first, last, pixels.data(), row_bytes);
    }
    for (int y = 0; y < last - first; ++y) {
      auto* row = pixels.data() + y * row_bytes;
      if (deep_.bytes() > 1) narrow_values(row, row_values, 2, deep_, row, 1, seen_);
      if (given == 3 && channels_ == 1) luma_from_rgb(row, static_cast<std::size_t>(width_), row);
    }
    PixelView rows{pixels.data(), last - first, width_, channels_, row_bytes};
    return {part_of(rows, {area.top - first, area.left, area.height, area.width}),
            {0, 0, static_cast<double>(area.height), static_cast<double>(area.width)}};
  }

 private:
  void check(bool done) const {
    if (done) return;
    const auto& error = source_.error();
    throw data_error(name_, error.fault(), fmt::format("broken PNG: {}", error.message()));
  }

  /// Apple's own kind has pixels in another order, which only its programs read.
  void require_standard(std::span<const std::uint8_t> bytes) const {
    constexpr std::string_view kApple = "CgBI";
    constexpr std::size_t kPlace = 12;
    const bool other = bytes.size() >= kPlace + kApple.size() &&
                       std::equal(kApple.begin(), kApple.end(), bytes.begin() + kPlace);
    if (other) throw unread_error(name_, "a PNG of Apple's own kind (CgBI)");
  }

  /// Finds the orientation, and whether the file is whole.
  void walk_chunks(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t kSignature = 8;
    auto rest = bytes.subspan(std::min(kSignature, bytes.size()));
    Chunk chunk;
    while (next_chunk(rest, chunk)) {
      if (chunk.type == "eXIf") turn_.exif(chunk.content);
      if (chunk.type == "iTXt") read_text(chunk.content);
      if (chunk.type == "tRNS") stored_.alpha = true;
      if (chunk.type == "acTL") stored_.more_pictures = true;
      if (chunk.type == "IEND") {
        orientation_ = turn_.orientation();
        return;
      }
    }
    throw data_error(name_, Fault::truncated, "broken PNG: the file ends too early");
  }

  /// A text that is not compressed: key, two zeros and a flag, language, translated key, content.
  void read_text(std::span<const std::uint8_t> content) {
    constexpr std::string_view key("XML:com.adobe.xmp\0\0\0", 20);
    const bool is_xmp =
        content.size() > key.size() && std::equal(key.begin(), key.end(), content.begin());
    if (is_xmp) turn_.xmp(content.subspan(key.size()));
  }

  void read_rows(int first, int last, std::uint8_t* pixels, std::size_t row_bytes) {
    std::vector<std::uint8_t> passed(first > 0 ? row_bytes : 0);
    check(source_.guarded([&](png_structp png, png_infop) {
      for (int y = 0; y < last; ++y) {
        png_read_row(png, y < first ? passed.data() : pixels + (y - first) * row_bytes, nullptr);
      }
      if (last == height_) png_read_end(png, nullptr);
    }));
  }

  void read_interlaced(std::uint8_t* pixels, std::size_t row_bytes) {
    std::vector<png_bytep> rows(static_cast<std::size_t>(height_));
    for (std::size_t y = 0; y < rows.size(); ++y) rows[y] = pixels + y * row_bytes;
    check(source_.guarded([&](png_structp png, png_infop) {
      png_read_image(png, rows.data());
      png_read_end(png, nullptr);
    }));
  }

  PngSource source_;
  StoredPixels stored_;
  PixelValueType deep_;  // of 16 bits, or of 8
  StoredTurn turn_;
  int channels_;
  std::string_view name_;
};

}  // namespace

std::unique_ptr<ImageReader> open_png(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name) {
  return std::make_unique<PngReader>(bytes, format, name);
}

}  // namespace dbot::data
