#include "dbot/data/image/codecs/codec_tiff.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/codecs/tiff_file.h"
#include "dbot/data/image/pixel_values.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

/// How the values of a file lie in its strips or tiles.
struct Layout {
  int channels = 1;
  bool separate = false;  // a strip or tile holds one channel
  PixelValueType type;
  int piece_height = 0, piece_width = 0;
};

class TiffReader final : public ImageReader {
 public:
  TiffReader(std::span<const std::uint8_t> bytes, const PixelFormat& format, std::string_view name)
      : file_(bytes), channels_(format.channels), name_(name) {
    if (file_.handle() == nullptr) fail(file_.message());
    const auto width = file_.tag<std::uint32_t>(TIFFTAG_IMAGEWIDTH, 0);
    const auto height = file_.tag<std::uint32_t>(TIFFTAG_IMAGELENGTH, 0);
    check_image_size(height, width, name);
    height_ = static_cast<int>(height);
    width_ = static_cast<int>(width);
    find_orientation();
    if (!file_.is_whole()) fail("it ends too early", Fault::truncated);
    check_compression();
    find_layout();
    layout_.type.range = format.values;
    seen_.kind = plain_ ? layout_.type.seen_as() : SeenValues::Kind::none;
    if (four_greys() && channels_ != 4 && channels_ != kAnyChannels) {
      throw data_error(name, Fault::channels,
                       fmt::format("has 4 channels, none of them alpha, expected model.channels = "
                                   "{}",
                                   channels_));
    }
    check_channels(plain_ ? layout_.channels : 3, channels_, name);
  }

  StoredPixels stored_pixels() const override {
    StoredPixels stored;
    const auto photometric = file_.tag<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    stored.channels = file_.tag<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    stored.bits = file_.tag<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    stored.palette = photometric == PHOTOMETRIC_PALETTE;
    stored.cmyk = photometric == PHOTOMETRIC_SEPARATED;
    stored.alpha = !stored.cmyk && (stored.channels == 2 || stored.channels == 4) && !four_greys();
    stored.more_pictures = TIFFLastDirectory(file_.handle()) == 0;
    return stored;
  }

  DecodedPart read(const Crop& area, int, std::vector<std::uint8_t>& pixels) override {
    return plain_ ? read_plain(area, pixels) : read_converted(area, pixels);
  }

 private:
  [[noreturn]] void fail(std::string_view reason, Fault fault = Fault::corrupt) const {
    throw data_error(name_, fault, fmt::format("broken TIFF: {}", reason));
  }

  /// Four bands of a sensor; with alpha there are three of RGB.
  bool four_greys() const {
    return file_.tag<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1) == 4 &&
           file_.tag<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK) ==
               PHOTOMETRIC_MINISBLACK;
  }

  std::optional<PixelValueType> value_type() const {
    using Kind = PixelValueType::Kind;
    const auto bits = file_.tag<std::uint16_t>(TIFFTAG_BITSPERSAMPLE, 1);
    const auto format = file_.tag<std::uint16_t>(TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    const bool whole = format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID;
    if (whole && bits == 8) return PixelValueType{};
    if (whole && bits == 16) return PixelValueType{Kind::bits16, false, 0xFFFF};
    if (format == SAMPLEFORMAT_IEEEFP && bits == 32)
      return PixelValueType{Kind::float32, false, 255};
    if (format == SAMPLEFORMAT_IEEEFP && bits == 64)
      return PixelValueType{Kind::float64, false, 255};
    if (bits > 8 || !whole) {
      throw unread_error(name_, fmt::format("a TIFF of {}", value_words(bits, format)));
    }
    return std::nullopt;
  }

  void find_orientation() {
    std::uint16_t number = 0;
    if (TIFFGetField(file_.handle(), TIFFTAG_ORIENTATION, &number) != 0) {
      orientation_ = orientation_of(number);
      return;
    }
    std::uint32_t bytes = 0;
    void* packet = nullptr;
    if (TIFFGetField(file_.handle(), TIFFTAG_XMLPACKET, &bytes, &packet) == 0) return;
    const std::span xmp(static_cast<const std::uint8_t*>(packet), bytes);
    orientation_ = xmp_orientation(xmp).value_or(Orientation{});
  }

  /// "signed numbers of 32 bits"
  static std::string value_words(int bits, int format) {
    const auto kind = format == SAMPLEFORMAT_IEEEFP ? "floats"
                      : format == SAMPLEFORMAT_INT  ? "signed numbers"
                      : format == SAMPLEFORMAT_UINT ? "whole numbers"
                                                    : "complex numbers";
    return fmt::format("{} of {} bits", kind, bits);
  }

  void check_compression() const {
    const auto scheme = file_.tag<std::uint16_t>(TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    if (TIFFIsCODECConfigured(scheme) != 0) return;
    throw unread_error(name_, fmt::format("a TIFF compressed by scheme {}", scheme));
  }

  /// Plain values are read here; what is left to libtiff becomes 8-bit RGB.
  void find_layout() {
    const auto photometric = file_.tag<std::uint16_t>(TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    const auto type = value_type();
    plain_ = type && (photometric == PHOTOMETRIC_MINISBLACK || photometric == PHOTOMETRIC_RGB);
    auto* tiff = file_.handle();
    if (!plain_) {
      // libtiff converts these without their white point: everything would turn yellow.
      if (photometric >= PHOTOMETRIC_CIELAB && photometric <= PHOTOMETRIC_ITULAB) {
        throw unread_error(name_, "a TIFF of L*a*b* colours");
      }
      char reason[1024] = "";
      if (TIFFRGBAImageOK(tiff, reason) == 0) {
        throw unread_error(name_, fmt::format("a TIFF of unusual colours ({})", reason));
      }
      return;
    }
    layout_.type = *type;
    layout_.channels = file_.tag<std::uint16_t>(TIFFTAG_SAMPLESPERPIXEL, 1);
    if (layout_.channels > kMostChannels) {
      throw unread_error(name_, fmt::format("a TIFF of {} channels, more than {}", layout_.channels,
                                            kMostChannels));
    }
    layout_.separate = file_.tag<std::uint16_t>(TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) ==
                       PLANARCONFIG_SEPARATE;
    std::uint32_t piece_height = 0, piece_width = static_cast<std::uint32_t>(width_);
    if (TIFFIsTiled(tiff) != 0) {
      piece_height = file_.tag<std::uint32_t>(TIFFTAG_TILELENGTH, 0);
      piece_width = file_.tag<std::uint32_t>(TIFFTAG_TILEWIDTH, 0);
    } else {
      piece_height = std::min(file_.tag<std::uint32_t>(TIFFTAG_ROWSPERSTRIP, 0),
                              static_cast<std::uint32_t>(height_));
    }
    check_image_size(piece_height, piece_width, name_);
    layout_.piece_height = static_cast<int>(piece_height);
    layout_.piece_width = static_cast<int>(piece_width);
  }

  DecodedPart read_plain(const Crop& area, std::vector<std::uint8_t>& pixels) {
    const auto width = static_cast<std::size_t>(area.width);
    const auto stored = static_cast<std::size_t>(layout_.channels);
    const std::size_t count = width * static_cast<std::size_t>(area.height);
    const std::size_t needed = count * std::max<std::size_t>(stored, channels_);
    if (count * stored > kMaxPixels * 4) fail("its values do not fit into memory");
    room(pixels, needed);
    const int first_y = area.top / layout_.piece_height, first_x = area.left / layout_.piece_width;
    for (int y = first_y * layout_.piece_height; y < area.top + area.height;
         y += layout_.piece_height) {
      for (int x = first_x * layout_.piece_width; x < area.left + area.width;
           x += layout_.piece_width) {
        for (int c = 0; c < (layout_.separate ? layout_.channels : 1); ++c) {
          copy_piece(y, x, c, area, pixels.data());
        }
      }
    }
    if (layout_.channels < channels_) {
      const std::vector<std::uint8_t> values(
          pixels.begin(), pixels.begin() + static_cast<std::ptrdiff_t>(count * stored));
      convert_channels(values.data(), count, layout_.channels, channels_, pixels.data());
    } else {
      convert_channels(pixels.data(), count, layout_.channels, channels_, pixels.data());
    }
    return {{pixels.data(), area.height, area.width, channels_, width * channels_},
            {0, 0, static_cast<double>(area.height), static_cast<double>(area.width)}};
  }

  /// Reads the strip or tile at row `y`, column `x` and copies what lies under the area.
  void copy_piece(int y, int x, int channel, const Crop& area, std::uint8_t* pixels) {
    auto* tiff = file_.handle();
    const bool tiled = TIFFIsTiled(tiff) != 0;
    const auto row = static_cast<std::uint32_t>(y), plane = static_cast<std::uint32_t>(channel);
    const tmsize_t size = tiled ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
    const int values = layout_.separate ? 1 : layout_.channels;  // of a pixel in the piece
    const std::size_t value_bytes = layout_.type.bytes();
    const std::size_t row_bytes =
        static_cast<std::size_t>(layout_.piece_width) * values * value_bytes;
    const int rows = std::min(layout_.piece_height, height_ - y);
    if (size < static_cast<tmsize_t>(row_bytes * static_cast<std::size_t>(rows)))
      fail("its strips have an odd size");
    if (piece_.size() < static_cast<std::size_t>(size))
      piece_.resize(static_cast<std::size_t>(size));
    const tmsize_t got =
        tiled ? TIFFReadEncodedTile(tiff,
                                    TIFFComputeTile(tiff, static_cast<std::uint32_t>(x), row, 0,
                                                    static_cast<std::uint16_t>(channel)),
                                    piece_.data(), size)
              : TIFFReadEncodedStrip(tiff,
                                     TIFFComputeStrip(tiff, row, static_cast<std::uint16_t>(plane)),
                                     piece_.data(), size);
    if (got < static_cast<tmsize_t>(row_bytes * static_cast<std::size_t>(rows)))
      fail(file_.message());
    const int top = std::max(y, area.top), bottom = std::min(y + rows, area.top + area.height);
    const int left = std::max(x, area.left),
              right = std::min(x + layout_.piece_width, area.left + area.width);
    const auto stored = static_cast<std::size_t>(layout_.channels);
    for (int line = top; line < bottom; ++line) {
      const auto* from = piece_.data() + static_cast<std::size_t>(line - y) * row_bytes +
                         static_cast<std::size_t>(left - x) * values * value_bytes;
      auto* to =
          pixels +
          (static_cast<std::size_t>(line - area.top) * area.width + (left - area.left)) * stored +
          channel;
      const auto count = static_cast<std::size_t>(right - left);
      for (int c = 0; c < values; ++c) {
        narrow_values(from + c * value_bytes, count, values * value_bytes, layout_.type, to + c,
                      stored, seen_);
      }
    }
  }

  DecodedPart read_converted(const Crop& area, std::vector<std::uint8_t>& pixels) {
    const std::size_t count = static_cast<std::size_t>(height_) * static_cast<std::size_t>(width_);
    std::vector<std::uint32_t> colours(count);
    const auto as_stored = file_.tag<std::uint16_t>(TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    if (TIFFReadRGBAImageOriented(file_.handle(), static_cast<std::uint32_t>(width_),
                                  static_cast<std::uint32_t>(height_), colours.data(), as_stored,
                                  1) == 0) {
      fail(file_.message());
    }
    room(pixels, count * 3);
    for (std::size_t i = 0; i < count; ++i) {
      pixels[3 * i] = static_cast<std::uint8_t>(TIFFGetR(colours[i]));
      pixels[3 * i + 1] = static_cast<std::uint8_t>(TIFFGetG(colours[i]));
      pixels[3 * i + 2] = static_cast<std::uint8_t>(TIFFGetB(colours[i]));
    }
    convert_channels(pixels.data(), count, 3, channels_, pixels.data());
    const PixelView view{pixels.data(), height_, width_, channels_,
                         static_cast<std::size_t>(width_) * channels_};
    return {part_of(view, area),
            {0, 0, static_cast<double>(area.height), static_cast<double>(area.width)}};
  }

  TiffFile file_;
  int channels_;
  std::string_view name_;
  Layout layout_;
  bool plain_ = false;
  std::vector<std::uint8_t> piece_;
};

}  // namespace

std::unique_ptr<ImageReader> open_tiff(std::span<const std::uint8_t> bytes,
                                       const PixelFormat& format, std::string_view name) {
  return std::make_unique<TiffReader>(bytes, format, name);
}

}  // namespace dbot::data
