#include "dbot/data/image/jpeg/jpeg_writer.h"

#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

// libjpeg needs <cstdio> before it.
#include <jpeglib.h>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

/// libjpeg leaves its functions by longjmp, so what runs under setjmp owns nothing.
class JpegCompressor {
 public:
  JpegCompressor() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) {
      auto& self = *static_cast<JpegCompressor*>(info->client_data);
      self.errors_.format_message(info, self.message_);
      std::longjmp(self.jump_, 1);
    };
    errors_.output_message = [](j_common_ptr) {};
  }
  ~JpegCompressor() {
    jpeg_destroy_compress(&info_);
    std::free(bytes_);
  }
  JpegCompressor(const JpegCompressor&) = delete;
  JpegCompressor& operator=(const JpegCompressor&) = delete;

  bool encode(const Image& image, int quality) {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_compress(&info_);
    jpeg_mem_dest(&info_, &bytes_, &size_);
    info_.image_width = static_cast<JDIMENSION>(image.width);
    info_.image_height = static_cast<JDIMENSION>(image.height);
    info_.input_components = image.channels;
    info_.in_color_space = image.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(&info_);
    jpeg_set_quality(&info_, quality, TRUE);
    jpeg_start_compress(&info_, TRUE);
    while (info_.next_scanline < info_.image_height) {
      JSAMPROW row =
          const_cast<std::uint8_t*>(image.pixels.data()) + info_.next_scanline * image.row_bytes();
      jpeg_write_scanlines(&info_, &row, 1);
    }
    jpeg_finish_compress(&info_);
    return true;
  }
  std::vector<std::uint8_t> bytes() const { return {bytes_, bytes_ + size_}; }
  const char* message() const { return message_; }

 private:
  jpeg_compress_struct info_{};
  jpeg_error_mgr errors_{};
  std::jmp_buf jump_{};
  unsigned char* bytes_ = nullptr;
  unsigned long size_ = 0;
  char message_[JMSG_LENGTH_MAX] = {};
};

}  // namespace

std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality) {
  JpegCompressor compressor;
  if (!compressor.encode(image, quality)) {
    throw Error(fmt::format("[data] an image of {}x{} pixels cannot be written as JPEG: {}",
                            image.width, image.height, compressor.message()));
  }
  return compressor.bytes();
}

}  // namespace dbot::data
