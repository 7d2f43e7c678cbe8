#include "dbot/data/image/raster.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

/// The first and last byte that a raster touches, from one end of each axis to the other.
bool is_inside(const Raster& raster, std::size_t size) {
  std::ptrdiff_t lowest = raster.first, highest = raster.first;
  const auto reach = [&](std::ptrdiff_t step, int count) {
    (step < 0 ? lowest : highest) += step * (count - 1);
  };
  reach(raster.row_step, raster.height);
  reach(raster.pixel_step, raster.width);
  reach(raster.channel_step, raster.channels);
  const auto end = highest + static_cast<std::ptrdiff_t>(raster.type.bytes());
  return lowest >= 0 && end <= static_cast<std::ptrdiff_t>(size);
}

/// The numbers of channels of which the last may be alpha.
bool may_end_in_alpha(int channels) {
  return channels == 2 || channels == 4;
}

class RasterReader final : public ImageReader {
 public:
  RasterReader(std::span<const std::uint8_t> bytes, std::vector<std::uint8_t> own,
               const Raster& raster, const Orientation& orientation, const PixelFormat& format,
               std::string_view name)
      : own_(std::move(own)),
        bytes_(own_.empty() ? bytes : std::span<const std::uint8_t>(own_)),
        raster_(raster),
        channels_(format.channels) {
    check_channels(raster.channels, channels_, name);
    const bool bands = !raster.may_have_alpha && may_end_in_alpha(raster.channels);
    if (bands && channels_ != raster.channels && channels_ != kAnyChannels) {
      throw data_error(name, Fault::channels,
                       fmt::format("has {} channels, none of them alpha, expected model.channels = "
                                   "{}",
                                   raster.channels, channels_));
    }
    raster_.type.range = format.values;
    seen_.kind = raster_.type.seen_as();
    check_image_size(static_cast<std::uint64_t>(raster.height),
                     static_cast<std::uint64_t>(raster.width), name);
    if (!is_inside(raster, bytes_.size())) {
      throw data_error(name, Fault::truncated,
                       fmt::format("ends too early: {}x{} pixels do not fit into it", raster.width,
                                   raster.height));
    }
    height_ = raster.height;
    width_ = raster.width;
    orientation_ = orientation;
  }

  StoredPixels stored_pixels() const override {
    StoredPixels stored;
    stored.channels = raster_.channels;
    stored.bits = static_cast<int>(raster_.type.bytes()) * 8;
    stored.alpha = raster_.may_have_alpha && may_end_in_alpha(raster_.channels);
    return stored;
  }

  DecodedPart read(const Crop& area, int, std::vector<std::uint8_t>& pixels) override {
    const auto width = static_cast<std::size_t>(area.width);
    const PixelView view{nullptr, area.height, area.width, channels_,
                         width * static_cast<std::size_t>(channels_)};
    const std::size_t needed = view.row_bytes * static_cast<std::size_t>(area.height);
    room(pixels, needed);
    std::vector<std::uint8_t> row(width * static_cast<std::size_t>(raster_.channels));
    for (int y = 0; y < area.height; ++y) {
      narrow_row(area.top + y, area.left, width, row.data());
      convert_channels(row.data(), width, raster_.channels, channels_,
                       pixels.data() + static_cast<std::size_t>(y) * view.row_bytes);
    }
    PixelView filled = view;
    filled.pixels = pixels.data();
    return {filled, {0, 0, static_cast<double>(area.height), static_cast<double>(area.width)}};
  }

 private:
  void narrow_row(int y, int left, std::size_t width, std::uint8_t* row) {
    const auto channels = static_cast<std::size_t>(raster_.channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const auto place = raster_.first + y * raster_.row_step + left * raster_.pixel_step +
                         static_cast<std::ptrdiff_t>(c) * raster_.channel_step;
      narrow_values(bytes_.data() + place, width, static_cast<std::size_t>(raster_.pixel_step),
                    raster_.type, row + c, channels, seen_);
    }
  }

  std::vector<std::uint8_t> own_;
  std::span<const std::uint8_t> bytes_;
  Raster raster_;
  int channels_;
};

}  // namespace

std::unique_ptr<ImageReader> read_raster(std::span<const std::uint8_t> bytes, const Raster& raster,
                                         const PixelFormat& format, std::string_view name) {
  return std::make_unique<RasterReader>(bytes, std::vector<std::uint8_t>(), raster, Orientation{},
                                        format, name);
}

std::unique_ptr<ImageReader> read_unpacked(std::vector<std::uint8_t> pixels, int height, int width,
                                           int stored_channels, const Orientation& orientation,
                                           const PixelFormat& format, std::string_view name) {
  const Raster raster{.height = height,
                      .width = width,
                      .channels = stored_channels,
                      .type = {},
                      .row_step = std::ptrdiff_t{width} * stored_channels,
                      .pixel_step = stored_channels,
                      .channel_step = 1};
  return std::make_unique<RasterReader>(std::span<const std::uint8_t>(), std::move(pixels), raster,
                                        orientation, format, name);
}

}  // namespace dbot::data
