#include "dbot/data/codec_jpeg.h"

#include <fmt/format.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

// libjpeg needs <cstdio> before it, and its list of messages needs libjpeg's configuration.
#include <jpeglib.h>

#include <jerror.h>

#include "dbot/core/error.h"
#include "dbot/data/codec.h"
#include "dbot/data/colour.h"

namespace dbot::data {
namespace {

/// A decompressor whose errors come back as `false` from `guarded`. libjpeg is C and leaves its
/// functions by longjmp, so what runs under `guarded` must not own anything.
class Decompressor {
 public:
  Decompressor() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { self(info).leave(); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0 && spoils_pixels(info->err->msg_code)) self(info).leave();
    };
    errors_.output_message = [](j_common_ptr) {};
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  /// Runs `step` on libjpeg's struct; false if libjpeg reported an error, then `message` says
  /// which.
  template <typename Step>
  bool guarded(const Step& step) {
    if (setjmp(jump_) != 0) return false;
    step(info_);
    return true;
  }

  const jpeg_decompress_struct& info() const { return info_; }
  const char* message() const { return message_; }

 private:
  static Decompressor& self(j_common_ptr info) {
    return *static_cast<Decompressor*>(info->client_data);
  }

  /// Warnings after which libjpeg invents pixels. The others concern bytes between segments or
  /// version numbers and leave the picture whole.
  static bool spoils_pixels(int code) {
    return code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
           code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC || code == JWRN_NOT_SEQUENTIAL ||
           code == JWRN_BOGUS_PROGRESSION;
  }

  [[noreturn]] void leave() {
    errors_.format_message(reinterpret_cast<j_common_ptr>(&info_), message_);
    std::longjmp(jump_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX] = {};
};

/// The colour space to ask libjpeg for: it has no conversion from CMYK.
J_COLOR_SPACE output_space(J_COLOR_SPACE stored, int channels) {
  if (stored == JCS_CMYK || stored == JCS_YCCK) return JCS_CMYK;
  if (stored == JCS_GRAYSCALE && channels == 1) return JCS_GRAYSCALE;
  return JCS_RGB;
}

/// Turns what libjpeg gave into `channels`.
Image converted(Image image, int channels) {
  int given = image.channels;
  const auto count = static_cast<std::size_t>(image.height) * image.width;
  if (given == 4) {
    std::vector<std::uint8_t> rgb(count * 3);
    rgb_from_inverted_cmyk(image.pixels.data(), count, rgb.data());
    image.pixels = std::move(rgb);
    given = 3;
  }
  if (given == 3 && channels == 1) {
    luma_from_rgb(image.pixels.data(), count, image.pixels.data());
    image.pixels.resize(count);
  }
  image.channels = channels;
  return image;
}

}  // namespace

Image decode_jpeg(std::span<const std::uint8_t> bytes, int channels, std::string_view name) {
  Decompressor decompressor;
  const auto check = [&](bool done) {
    if (!done) {
      throw DataError(fmt::format("[data] {}: broken JPEG: {}", name, decompressor.message()));
    }
  };
  check(decompressor.guarded([&](jpeg_decompress_struct& info) {
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info, TRUE);
    info.out_color_space = output_space(info.jpeg_color_space, channels);
    jpeg_calc_output_dimensions(&info);
  }));
  const auto& info = decompressor.info();
  check_image_size(info.output_height, info.output_width, name);

  Image image;
  image.height = static_cast<int>(info.output_height);
  image.width = static_cast<int>(info.output_width);
  image.channels = info.output_components;
  image.pixels.resize(image.row_bytes() * static_cast<std::size_t>(image.height));
  check(decompressor.guarded([&](jpeg_decompress_struct& reader) {
    jpeg_start_decompress(&reader);
    while (reader.output_scanline < reader.output_height) {
      JSAMPROW row = image.pixels.data() + reader.output_scanline * image.row_bytes();
      jpeg_read_scanlines(&reader, &row, 1);
    }
    jpeg_finish_decompress(&reader);
  }));
  return converted(std::move(image), channels);
}

}  // namespace dbot::data
