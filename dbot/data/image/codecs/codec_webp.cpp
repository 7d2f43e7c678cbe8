#include "dbot/data/image/codecs/codec_webp.h"

#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <string>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/pixel_values.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

// Rows and columns around the area that are decoded with it: smooth upsampling of colour looks at
// its neighbours, and the decoder wants even places.
constexpr int kWebpNeighbours = 2;

struct DeleteDemuxer {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

class WebpReader final : public ImageReader {
 public:
  WebpReader(std::span<const std::uint8_t> bytes, int channels, std::string_view name)
      : data_{bytes.data(), bytes.size()}, channels_(channels), name_(name) {
    check_channels(3, channels, name);
    const std::unique_ptr<WebPDemuxer, DeleteDemuxer> demuxer(WebPDemux(&data_));
    if (!demuxer) fail("it is not whole", Fault::truncated);
    height_ = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT));
    width_ = static_cast<int>(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH));
    check_image_size(static_cast<std::uint64_t>(height_), static_cast<std::uint64_t>(width_), name);
    const auto flags = WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS);
    stored_.alpha = (flags & ALPHA_FLAG) != 0;
    stored_.channels = stored_.alpha ? 4 : 3;
    stored_.more_pictures = WebPDemuxGetI(demuxer.get(), WEBP_FF_FRAME_COUNT) > 1;
    find_orientation(*demuxer);
    find_picture(*demuxer);
  }

  StoredPixels stored_pixels() const override { return stored_; }

  DecodedPart read(const Crop& area, int, std::vector<std::uint8_t>& pixels) override {
    const int top = std::max(area.top - kWebpNeighbours, 0) & ~1;
    const int left = std::max(area.left - kWebpNeighbours, 0) & ~1;
    const int bottom = std::min(area.top + area.height + kWebpNeighbours, height_);
    const int right = std::min(area.left + area.width + kWebpNeighbours, width_);
    PixelView view{nullptr, bottom - top, right - left, 3, 0};
    view.row_bytes = static_cast<std::size_t>(view.width) * 3;
    const std::size_t needed = view.row_bytes * static_cast<std::size_t>(view.height);
    room(pixels, needed);
    decode({top, left, view.height, view.width}, pixels);
    for (int y = 0; channels_ == 1 && y < view.height; ++y) {
      auto* row = pixels.data() + static_cast<std::size_t>(y) * view.row_bytes;
      convert_channels(row, static_cast<std::size_t>(view.width), 3, 1, row);
    }
    view.pixels = pixels.data();
    view.channels = channels_;
    return {part_of(view, {area.top - top, area.left - left, area.height, area.width}),
            {0, 0, static_cast<double>(area.height), static_cast<double>(area.width)}};
  }

 private:
  [[noreturn]] void fail(std::string_view reason, Fault fault = Fault::corrupt) const {
    throw data_error(name_, fault, fmt::format("broken WebP: {}", reason));
  }

  void find_orientation(const WebPDemuxer& demuxer) {
    StoredTurn turn;
    WebPChunkIterator chunk;
    if (WebPDemuxGetChunk(&demuxer, "EXIF", 1, &chunk) != 0) {
      turn.exif({chunk.chunk.bytes, chunk.chunk.size});
      WebPDemuxReleaseChunkIterator(&chunk);
    }
    if (WebPDemuxGetChunk(&demuxer, "XMP ", 1, &chunk) != 0) {
      turn.xmp({chunk.chunk.bytes, chunk.chunk.size});
      WebPDemuxReleaseChunkIterator(&chunk);
    }
    orientation_ = turn.orientation();
  }

  /// A picture that fills the canvas is decoded in place; a smaller one, of some animations, is not
  /// worth code of its own.
  void find_picture(const WebPDemuxer& demuxer) {
    WebPIterator frame;
    if (WebPDemuxGetFrame(&demuxer, 1, &frame) == 0) fail("it has no picture");
    picture_ = frame.fragment;
    const bool whole = frame.complete != 0 && frame.x_offset == 0 && frame.y_offset == 0 &&
                       frame.width == width_ && frame.height == height_;
    WebPDemuxReleaseIterator(&frame);
    if (!whole) throw unread_error(name_, "an animation whose first picture does not fill it");
  }

  void decode(const Crop& area, std::vector<std::uint8_t>& pixels) const {
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) fail("the decoder is of another version");
    config.options.use_cropping = 1;
    config.options.crop_top = area.top;
    config.options.crop_left = area.left;
    config.options.crop_height = area.height;
    config.options.crop_width = area.width;
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels.data();
    config.output.u.RGBA.stride = area.width * 3;
    config.output.u.RGBA.size = pixels.size();
    const auto status = WebPDecode(picture_.bytes, picture_.size, &config);
    WebPFreeDecBuffer(&config.output);
    if (status != VP8_STATUS_OK) fail(fmt::format("its decoder says {}", static_cast<int>(status)));
  }

  WebPData data_, picture_{};
  StoredPixels stored_;
  int channels_;
  std::string_view name_;
};

}  // namespace

std::unique_ptr<ImageReader> open_webp(std::span<const std::uint8_t> bytes,
                                       const PixelFormat& format, std::string_view name) {
  return std::make_unique<WebpReader>(bytes, format.channels, name);
}

}  // namespace dbot::data
