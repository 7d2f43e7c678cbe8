#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/jpeg/jpeg_writer.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

// A header of a few bytes may announce 2^28 pixels, which take seconds; the code that decodes them
// is the same.
constexpr std::int64_t most_pixels = 1 << 18;

bool is_small(Bytes input, int channels) {
  const auto reader = data::open_reader(input, channels, "image");
  require(reader->height() > 0 && reader->width() > 0);
  return std::int64_t{reader->height()} * reader->width() <= most_pixels;
}

void decode_whole(Bytes input, int channels) {
  const data::Image image = data::decode_image(input, channels, "image");
  require(image.channels == channels && image.height > 0 && image.width > 0);
  require(image.pixels.size() == image.row_bytes() * static_cast<std::size_t>(image.height));
}

/// The part depends on the input's length, so that each kind of border is met.
void decode_part(Bytes input, int channels) {
  std::vector<std::uint8_t> planar(static_cast<std::size_t>(channels) * 9 * 7);
  const auto choose = [&](int height, int width) {
    const int shift = static_cast<int>(input.size() % 5);
    const int top = height * shift / 8, left = width * shift / 7;
    return data::CropChoice{{top, left, height - top - (height - top) / 3, width - left},
                            shift % 2 == 0};
  };
  data::decode_crop(input, channels, "image", choose, {9, 7}, planar);
}

/// The image that comes next: what a thread's decoder keeps of the input does nothing to it.
class NextImage {
 public:
  explicit NextImage(int channels) : channels_(channels) {
    data::Image image{side, side, channels, {}};
    image.pixels.resize(image.row_bytes() * side);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) {
      image.pixels[i] = static_cast<std::uint8_t>(i * 37);
    }
    file_ = data::encode_jpeg(image, 90);
    expected_ = decoded();
  }

  void look() const { require(decoded() == expected_); }

 private:
  static constexpr int side = 40;

  std::vector<std::uint8_t> decoded() const {
    std::vector<std::uint8_t> planar(static_cast<std::size_t>(channels_) * 9 * 7);
    const auto choose = [](int height, int width) {
      return data::CropChoice{{0, 0, height, width}, false};
    };
    data::decode_crop(file_, channels_, "next", choose, {9, 7}, planar);
    return planar;
  }

  int channels_;
  std::vector<std::uint8_t> file_, expected_;
};

}  // namespace

void image(Bytes input) {
  static const NextImage grey(1), colour(3);
  for (const int channels : {1, 3, 6}) {
    try {
      if (!is_small(input, channels)) continue;
      decode_part(input, channels);
      decode_whole(input, channels);
    } catch (const DataError&) {
    }
    grey.look();
    colour.look();
  }
}

}  // namespace dbot::fuzz
