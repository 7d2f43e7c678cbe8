#include "dbot/data/image/codecs/codec_pnm.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/raster.h"

namespace dbot::data {
namespace {

/// The words of a header, which white kSpace and comments separate.
class HeaderWords {
 public:
  HeaderWords(std::span<const std::uint8_t> bytes, std::string_view name)
      : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), name_(name) {}

  template <typename Number>
  Number next() {
    skip_space();
    Number number{};
    const auto* begin = text_.data() + place_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (error != std::errc()) fail("its header is not of numbers");
    place_ += static_cast<std::size_t>(end - begin);
    return number;
  }
  /// Where the pixels begin: behind one white kSpace.
  std::size_t end() const { return place_ + 1; }

  [[noreturn]] void fail(std::string_view reason, Fault fault = Fault::corrupt) const {
    throw data_error(name_, fault, fmt::format("broken PNM: {}", reason));
  }

 private:
  void skip_space() {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    while (place_ < text_.size()) {
      if (text_[place_] == '#') {
        place_ = std::min(text_.find('\n', place_), text_.size());
      } else if (kSpace.find(text_[place_]) == std::string_view::npos) {
        return;
      } else {
        ++place_;
      }
    }
  }

  std::string_view text_, name_;
  std::size_t place_ = 2;  // behind the magic letters
};

}  // namespace

std::unique_ptr<ImageReader> open_pnm(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name) {
  HeaderWords words(bytes, name);
  const bool floats = bytes[1] == 'f' || bytes[1] == 'F';
  Raster raster;
  raster.channels = bytes[1] == '6' || bytes[1] == 'F' ? 3 : 1;
  raster.width = words.next<int>();
  raster.height = words.next<int>();
  if (raster.width <= 0 || raster.height <= 0) words.fail("it has no pixels");
  check_image_size(static_cast<std::uint64_t>(raster.height),
                   static_cast<std::uint64_t>(raster.width), name);
  if (floats) {
    const auto scale = words.next<double>();  // its sign is the order of bytes
    raster.type = {PixelValueType::Kind::float32, scale > 0, 255};
  } else {
    const auto white = words.next<int>();
    if (white < 1 || white > 0xFFFF) words.fail("its white is not in 1…65535");
    raster.type = {white > 255 ? PixelValueType::Kind::bits16 : PixelValueType::Kind::bits8, true,
                   static_cast<std::uint32_t>(white)};
  }
  raster.channel_step = static_cast<std::ptrdiff_t>(raster.type.bytes());
  raster.pixel_step = raster.channels * raster.channel_step;
  raster.row_step = raster.width * raster.pixel_step;
  raster.first = static_cast<std::ptrdiff_t>(words.end());
  if (floats) {  // rows from the bottom
    raster.first += (raster.height - 1) * raster.row_step;
    raster.row_step = -raster.row_step;
  }
  return read_raster(bytes, raster, format, name);
}

}  // namespace dbot::data
