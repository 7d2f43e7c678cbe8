#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/crop.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/resize_crop.h"

namespace dbot::data {

/// `decode_crop` in two steps, so that each can be timed. Keeps its memory for the next image. Not
/// for several threads at once.
class PartDecoder {
 public:
  /// Decodes what `choose` names, for a result of `size`. `bytes` and `name` must live until
  /// `resize` returns.
  void decode(std::span<const std::uint8_t> bytes, const PixelFormat& format, std::string_view name,
              const ChooseCrop& choose, core::Size size);
  /// Resizes it to planar [channels, size.height, size.width].
  void resize(std::span<std::uint8_t> planar);
  /// Of the image that `decode` read, also where its pixels were found broken; null before, and
  /// where the header was.
  const ImageReader* reader() const { return reader_.get(); }

  /// Decodes once what several crops need together, and resizes each of them. No filter reaches
  /// beyond its crop, but for the fraction of a pixel that it shares with what is around.
  void decode_all(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                  std::string_view name, std::span<const CropRequest> requests);

 private:
  void open(std::span<const std::uint8_t> bytes, const PixelFormat& format, std::string_view name);
  void read(const Crop& area, Shrink shrink);
  void resize_part(const DecodedPart& stored, std::uint8_t* planar);
  void resize_planes(std::uint8_t* planar);

  std::unique_ptr<ImageReader> reader_;
  int channels_ = 0;
  core::Size size_;
  bool mirror_ = false, has_planes_ = false;
  DecodedPart part_;  // unless there are planes
  DecodedPlanes planes_;
  std::vector<std::uint8_t> pixels_, upright_;
  Resizer resizer_;
};

}  // namespace dbot::data
