#include "dbot/report/pictures/set/png_write.h"

#include <fmt/format.h>
#include <png.h>

#include <new>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/image/codecs/png_jump.h"

namespace dbot::report {
namespace {

void check(const data::Image& image) {
  const bool fits = image.height >= 1 && image.width >= 1 && image.height <= most_png_side &&
                    image.width <= most_png_side && (image.channels == 1 || image.channels == 3) &&
                    image.pixels.size() == image.row_bytes() * image.height;
  if (fits) return;
  throw Error(fmt::format(
      "[png] an image of {}x{} pixels with {} channels and {} values cannot be written, expected "
      "sides of 1 to {}, 1 or 3 channels and one value for each",
      image.height, image.width, image.channels, image.pixels.size(), most_png_side));
}

/// libpng's writer into a text.
class Writer {
 public:
  explicit Writer(std::string& bytes) : bytes_(bytes) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, &jump_, data::PngJump::on_error,
                                   data::PngJump::on_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_write_struct(&png_, nullptr);
      throw std::bad_alloc();
    }
    png_set_write_fn(
        png_, this,
        [](png_structp png, png_bytep data, std::size_t count) {
          static_cast<Writer*>(png_get_io_ptr(png))->append(data, count);
        },
        [](png_structp) {});
  }
  ~Writer() { png_destroy_write_struct(&png_, &info_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Runs `step`, which must not own anything.
  template <typename Step>
  bool guarded(const Step& step) {
    return jump_.guarded([&] { step(png_, info_); });
  }

  const char* message() const { return jump_.message(); }

 private:
  void append(png_const_bytep data, std::size_t count) {
    bool stored = true;
    try {
      bytes_.append(reinterpret_cast<const char*>(data), count);
    } catch (const std::bad_alloc&) {
      stored = false;  // an exception must not cross C
    }
    if (!stored) jump_.leave("out of memory", Fault::too_large);
  }

  std::string& bytes_;
  data::PngJump jump_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

std::string encode_png(const data::Image& image) {
  check(image);
  std::vector<png_const_bytep> rows(static_cast<std::size_t>(image.height));
  for (std::size_t y = 0; y < rows.size(); ++y) {
    rows[y] = image.pixels.data() + y * image.row_bytes();
  }
  std::string bytes;
  Writer writer(bytes);
  const bool done = writer.guarded([&](png_structp png, png_infop info) {
    png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), 8,
                 image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_write_image(png, const_cast<png_bytepp>(rows.data()));
    png_write_end(png, nullptr);
  });
  if (!done) throw Error(fmt::format("[png] cannot be written: {}", writer.message()));
  return bytes;
}

void write_png(const std::filesystem::path& path, const data::Image& image) {
  core::write_file_atomically(path, encode_png(image));
}

}  // namespace dbot::report
