#include "dbot/data/codec_png.h"

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/codec.h"
#include "dbot/data/colour.h"

namespace dbot::data {
namespace {

/// A reader whose errors come back as `false` from `guarded`. libpng is C and leaves its functions
/// by longjmp, so what runs under `guarded` must not own anything.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {
    png_ = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, this,
        [](png_structp png, png_const_charp text) {
          static_cast<Reader*>(png_get_error_ptr(png))->leave(text);
        },
        [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, [](png_structp png, png_bytep target, std::size_t count) {
      static_cast<Reader*>(png_get_io_ptr(png))->read(target, count);
    });
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Runs `step`; false if libpng reported an error, then `message` says which.
  template <typename Step>
  bool guarded(const Step& step) {
    if (setjmp(jump_) != 0) return false;
    step(png_, info_);
    return true;
  }

  const char* message() const { return message_; }

 private:
  void read(png_bytep target, std::size_t count) {
    if (count > rest_.size()) leave("the file ends too early");
    std::memcpy(target, rest_.data(), count);
    rest_ = rest_.subspan(count);
  }

  [[noreturn]] void leave(const char* text) {
    std::snprintf(message_, sizeof message_, "%s", text);
    std::longjmp(jump_, 1);
  }

  std::span<const std::uint8_t> rest_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_{};
  char message_[200] = {};
};

/// Asks libpng for 8-bit grey or RGB without alpha.
void request_plain_pixels(png_structp png, png_infop info, int channels) {
  png_set_strip_16(png);
  png_set_expand(png);  // palettes, 1 to 4 bits, tRNS (which becomes alpha, dropped below)
  png_set_strip_alpha(png);
  const bool grey = (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0;
  if (grey && channels == 3) png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

}  // namespace

Image decode_png(std::span<const std::uint8_t> bytes, int channels, std::string_view name) {
  Reader reader(bytes);
  const auto check = [&](bool done) {
    if (!done) throw DataError(fmt::format("[data] {}: broken PNG: {}", name, reader.message()));
  };
  png_uint_32 height = 0, width = 0;
  check(reader.guarded([&](png_structp png, png_infop info) {
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // check_image_size judges
    // Texts, profiles, times: libpng would take the memory that such a chunk claims, up to 2 GB.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(png, info);
    height = png_get_image_height(png, info);
    width = png_get_image_width(png, info);
  }));
  check_image_size(height, width, name);

  int given = 0;
  check(reader.guarded([&](png_structp png, png_infop info) {
    request_plain_pixels(png, info, channels);
    given = png_get_channels(png, info);
  }));
  Image image;
  image.height = static_cast<int>(height);
  image.width = static_cast<int>(width);
  image.channels = given;
  image.pixels.resize(image.row_bytes() * image.height);
  std::vector<png_bytep> rows(height);
  for (png_uint_32 y = 0; y < height; ++y) rows[y] = image.pixels.data() + y * image.row_bytes();
  check(reader.guarded([&](png_structp png, png_infop) {
    png_read_image(png, rows.data());
    png_read_end(png, nullptr);
  }));
  if (given == 3 && channels == 1) {
    const auto count = static_cast<std::size_t>(height) * width;
    luma_from_rgb(image.pixels.data(), count, image.pixels.data());
    image.pixels.resize(count);
  }
  image.channels = channels;
  return image;
}

}  // namespace dbot::data
