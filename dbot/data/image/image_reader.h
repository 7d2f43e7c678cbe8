#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dbot/data/image/crop.h"
#include "dbot/data/image/image.h"
#include "dbot/data/image/orientation.h"
#include "dbot/data/image/resize_crop.h"

namespace dbot::data {

/// Part of an image, decoded.
struct DecodedPart {
  PixelView view;  // of the memory that was given to `read`
  Box box;         // where the part that was asked for lies in it
};

/// Part of an image as planes, each of one channel and with its own number of pixels: Y alone, or
/// Y, Cb and Cr.
struct DecodedPlanes {
  std::array<DecodedPart, 3> parts;
  int count = 0;
};

/// By what the sides of what is decoded are divided: 1, 2, 4 or 8. Eyes and pictures have less
/// detail in colour than in brightness.
struct Shrink {
  int grey = 1, colour = 1;
};

/// How a file stores its pixels, as its header says.
struct StoredPixels {
  int channels = 0;  // alpha is one; 1 for a palette
  int bits = 8;      // of a value
  bool alpha = false, palette = false, cmyk = false;
  bool more_pictures = false;  // behind the first one: an animation, pages
  bool no_end = false;         // the end mark is missing, the pixels are all there

  /// Channels without alpha, of a palette or inks those of RGB.
  int colours() const { return palette || cmyk ? 3 : channels - (alpha ? 1 : 0); }
  bool operator==(const StoredPixels&) const = default;
};

/// "JPEG", "PNG", "WebP", "TIFF", "BMP", "PNM" or "npy": what a file is by its first bytes; empty
/// if it is of no kind that is read.
std::string_view image_kind(std::span<const std::uint8_t> bytes);

/// An image file in memory whose header was read. Its pixels are decoded once, by `read`. All
/// functions throw DataError ("[data] NAME: reason") where the file is not sound.
class ImageReader {
 public:
  virtual ~ImageReader() = default;

  int stored_height() const { return height_; }
  int stored_width() const { return width_; }
  const Orientation& orientation() const { return orientation_; }
  int height() const { return orientation_.transpose ? width_ : height_; }
  int width() const { return orientation_.transpose ? height_ : width_; }

  virtual StoredPixels stored_pixels() const = 0;

  /// The largest of 1, 2, 4, 8 by which `read` can shrink at no cost.
  virtual int most_shrink() const { return 1; }
  /// Decodes the stored pixels under `area`, and as many around it as is convenient, into `pixels`,
  /// which grows where it is too small. Sizes are divided by `shrink`, rounded up. Damage outside
  /// the area may stay unnoticed; that a file was cut short never does.
  virtual DecodedPart read(const Crop& area, int shrink, std::vector<std::uint8_t>& pixels) = 0;
  /// The same as planes, which are valid until this thread reads another image; false if the file
  /// is not of a kind, or not sound enough, for this way: then `read` it.
  virtual bool read_planes(const Crop& area, Shrink shrink, DecodedPlanes& planes);

  /// Once everything was decoded: bytes of the pixels' data that no pixel needed. More than a few
  /// mean that the data are damaged, though a picture came of them.
  virtual std::int64_t unused_bytes() const { return 0; }

  /// Of what was read so far.
  const SeenValues& seen_values() const { return seen_; }

 protected:
  int height_ = 0, width_ = 0;
  Orientation orientation_;
  SeenValues seen_;
};

/// As many channels as the file has, for those who read headers alone.
inline constexpr int kAnyChannels = 0;

/// Reads the header of an image file whose pixels are to be of `format`. `bytes` and `name` must
/// outlive the reader.
std::unique_ptr<ImageReader> open_reader(std::span<const std::uint8_t> bytes,
                                         const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
