#include "dbot/data/image/jpeg/codec_jpeg.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/colour.h"
#include "dbot/data/image/jpeg/jpeg_baseline.h"
#include "dbot/data/image/jpeg/jpeg_decompressor.h"
#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

// Columns beside the area that are decoded with it: smooth upsampling of colour looks at its
// kNeighbours, and at a cut there are none.
constexpr int kNeighbours = 2;

/// The colour space to ask libjpeg for: it has no conversion from CMYK.
J_COLOR_SPACE output_space(J_COLOR_SPACE stored, int channels) {
  if (stored == JCS_CMYK || stored == JCS_YCCK) return JCS_CMYK;
  if (stored == JCS_GRAYSCALE && channels == 1) return JCS_GRAYSCALE;
  return JCS_RGB;
}

/// Turns `count` pixels that libjpeg gave into `channels`, in place.
void convert(std::uint8_t* pixels, std::size_t count, int given, int channels) {
  if (given == 4) {
    rgb_from_inverted_cmyk(pixels, count, pixels);
    given = 3;
  }
  if (given == 3 && channels == 1) luma_from_rgb(pixels, count, pixels);
}

/// True if the marker that ends an image stands somewhere in the data of the scans. It cannot be
/// part of them.
bool has_end(std::span<const std::uint8_t> scans) {
  for (std::size_t i = scans.size(); i-- > 1;) {
    if (scans[i] == 0xD9 && scans[i - 1] == 0xFF) return true;
  }
  return false;
}

/// True if libjpeg finds every pixel of the file. Of several scans, all of a progressive image have
/// to be there; those of one component each cannot be counted.
bool has_all_pixels(std::span<const std::uint8_t> bytes) {
  JpegDecompressor probe;
  bool whole = false;
  std::vector<std::uint8_t> row;
  const bool begun = probe.guarded([&](jpeg_decompress_struct& info) {
    jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info, TRUE);
    whole = info.progressive_mode != FALSE || jpeg_has_multiple_scans(&info) == FALSE;
    info.out_color_space = info.jpeg_color_space;
    jpeg_start_decompress(&info);
  });
  if (!begun || !whole) return false;
  const auto& info = probe.info();
  if (static_cast<std::uint64_t>(info.image_width) * info.image_height > kMaxPixels) return false;
  row.resize(std::size_t{info.output_width} * static_cast<std::size_t>(info.output_components));
  const bool read = probe.guarded([&](jpeg_decompress_struct& reader) {
    JSAMPROW place = row.data();
    while (reader.output_scanline < reader.output_height) jpeg_read_scanlines(&reader, &place, 1);
    for (int c = 0; reader.progressive_mode != FALSE && c < reader.num_components; ++c) {
      for (int k = 0; k < DCTSIZE2; ++k) whole = whole && reader.coef_bits[c][k] == 0;
    }
  });
  return read && whole;
}

class JpegReader final : public ImageReader {
 public:
  JpegReader(std::span<const std::uint8_t> bytes, int channels, std::string_view name)
      : channels_(channels), name_(name) {
    check(decompressor_.guarded([&](jpeg_decompress_struct& info) {
      jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);  // EXIF
      jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
      jpeg_read_header(&info, TRUE);
      info.out_color_space = output_space(info.jpeg_color_space, channels);
    }));
    const auto& info = decompressor_.info();
    check_image_size(info.image_height, info.image_width, name);
    height_ = static_cast<int>(info.image_height);
    width_ = static_cast<int>(info.image_width);
    find_orientation();
    scan_ = bytes.last(info.src->bytes_in_buffer);
    if (!has_end(scan_)) add_end(bytes);
  }

  StoredPixels stored_pixels() const override {
    const auto& info = decompressor_.info();
    StoredPixels stored;
    stored.channels = info.num_components;
    stored.bits = info.data_precision;
    stored.cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    stored.no_end = !completed_.empty();
    return stored;
  }

  std::int64_t unused_bytes() const override { return unused_ + decompressor_.unused_bytes(); }

  int most_shrink() const override { return 8; }

  bool read_planes(const Crop& area, Shrink shrink, DecodedPlanes& planes) override {
    thread_local BaselineDecoder decoder;  // its memory and tables serve the next image
    if (!decoder.read(decompressor_.info(), scan_, area, shrink, channels_, planes)) return false;
    unused_ = decoder.unused_bytes();
    return true;
  }

  DecodedPart read(const Crop& area, int shrink, std::vector<std::uint8_t>& pixels) override {
    const auto& info = decompressor_.info();
    check(decompressor_.guarded([&](jpeg_decompress_struct& reader) {
      reader.scale_num = 1;
      reader.scale_denom = static_cast<unsigned>(shrink);
      jpeg_start_decompress(&reader);
    }));
    // Borders of the area, in pixels of the output.
    const int top = area.top / shrink, left = area.left / shrink;
    const int bottom = std::min((area.top + area.height + shrink - 1) / shrink,
                                static_cast<int>(info.output_height));
    const int right = std::min((area.left + area.width + shrink - 1) / shrink,
                               static_cast<int>(info.output_width));
    const int first = cut_columns(left, right);
    PixelView view{nullptr, bottom - top, right - left, channels_, 0};
    view.row_bytes = static_cast<std::size_t>(info.output_width) * info.output_components;
    const std::size_t needed = view.row_bytes * view.height;
    room(pixels, needed);
    read_rows(top, view, pixels.data());
    view.pixels = pixels.data() + static_cast<std::size_t>(left - first) * channels_;
    const double scale = 1.0 / shrink;
    return {view,
            {area.top * scale - top, area.left * scale - left, area.height * scale,
             area.width * scale}};
  }

 private:
  void check(bool done) const {
    if (done) return;
    if (decompressor_.fault() == Fault::unsupported) {
      throw unread_error(name_,
                         fmt::format("a JPEG of an unusual kind ({})", decompressor_.message()));
    }
    throw data_error(name_, decompressor_.fault(),
                     fmt::format("broken JPEG: {}", decompressor_.message()));
  }

  void find_orientation() {
    constexpr std::string_view xmp("http://ns.adobe.com/xap/1.0/\0", 29);
    StoredTurn turn;
    for (auto* marker = decompressor_.info().marker_list; marker != nullptr;
         marker = marker->next) {
      const std::span<const std::uint8_t> content(marker->data, marker->data_length);
      if (content.size() >= 6 && content[0] == 'E') turn.exif(content);  // "Exif"
      const bool is_xmp =
          content.size() > xmp.size() && std::equal(xmp.begin(), xmp.end(), content.begin());
      if (is_xmp) turn.xmp(content.subspan(xmp.size()));
    }
    orientation_ = turn.orientation();
  }

  /// Goes on with a copy that ends as it should, if nothing but the end mark is missing: some
  /// cameras never write one.
  void add_end(std::span<const std::uint8_t> bytes) {
    completed_.assign(bytes.begin(), bytes.end());
    if (completed_.back() == 0xFF) completed_.pop_back();
    completed_.insert(completed_.end(), {0xFF, 0xD9});
    if (!has_all_pixels(completed_)) {
      throw data_error(name_, Fault::truncated, "broken JPEG: it ends too early");
    }
    const auto header = bytes.size() - scan_.size();
    scan_ = std::span<const std::uint8_t>(completed_).subspan(std::min(header, completed_.size()));
    check(decompressor_.guarded([&](jpeg_decompress_struct& reader) {
      reader.src->next_input_byte = scan_.data();
      reader.src->bytes_in_buffer = scan_.size();
    }));
  }

  /// Has libjpeg give no columns but those around [left, right); where they begin.
  int cut_columns(int left, int right) {
    const auto whole = decompressor_.info().output_width;
    JDIMENSION first = static_cast<JDIMENSION>(std::max(left - kNeighbours, 0));
    JDIMENSION count = std::min(static_cast<JDIMENSION>(right + kNeighbours), whole) - first;
    if (first == 0 && count == whole) return 0;
    check(decompressor_.guarded(
        [&](jpeg_decompress_struct& reader) { jpeg_crop_scanline(&reader, &first, &count); }));
    return static_cast<int>(first);
  }

  void read_rows(int top, const PixelView& view, std::uint8_t* pixels) {
    check(decompressor_.guarded([&](jpeg_decompress_struct& reader) {
      if (top > 0) jpeg_skip_scanlines(&reader, static_cast<JDIMENSION>(top));
      for (int y = 0; y < view.height;) {
        JSAMPROW row = pixels + static_cast<std::size_t>(y) * view.row_bytes;
        y += static_cast<int>(jpeg_read_scanlines(&reader, &row, 1));
      }
      // Nothing was left out: the end of the data is checked, too.
      if (reader.output_scanline == reader.output_height) jpeg_finish_decompress(&reader);
    }));
    const auto& info = decompressor_.info();
    if (info.output_components == channels_) return;
    for (int y = 0; y < view.height; ++y) {
      convert(pixels + static_cast<std::size_t>(y) * view.row_bytes, info.output_width,
              info.output_components, channels_);
    }
  }

  JpegDecompressor decompressor_;
  std::span<const std::uint8_t> scan_;   // what follows the header
  std::vector<std::uint8_t> completed_;  // the file with an end mark, where it lacked one
  std::int64_t unused_ = 0;
  int channels_;
  std::string_view name_;
};

}  // namespace

std::unique_ptr<ImageReader> open_jpeg(std::span<const std::uint8_t> bytes,
                                       const PixelFormat& format, std::string_view name) {
  return std::make_unique<JpegReader>(bytes, format.channels, name);
}

}  // namespace dbot::data
