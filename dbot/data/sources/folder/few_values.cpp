#include "dbot/data/sources/folder/few_values.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace dbot::data {
namespace {

constexpr std::size_t kFewValues = 64;
constexpr std::size_t kLeastPixels = 256;  // of a tiny picture nothing can be said
constexpr std::size_t kPixelsAValue = 8;   // at least so many of each

/// Different values, as far as there are few of them.
class FewValues {
 public:
  /// False if there are too many.
  bool add(std::uint32_t value) {
    if (value == last_ || std::ranges::find(values_, value) != values_.end()) {
      last_ = value;
      return true;
    }
    if (values_.size() == kFewValues) return false;
    values_.push_back(last_ = value);
    return true;
  }
  std::size_t count() const { return values_.size(); }

 private:
  std::vector<std::uint32_t> values_;
  std::uint32_t last_ = ~std::uint32_t{0};
};

bool add_pixels(const Image& image, FewValues& values) {
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t i = 0; i < image.pixels.size(); i += channels) {
    std::uint32_t value = 0;
    for (std::size_t c = 0; c < channels; ++c) value = value << 8U | image.pixels[i + c];
    if (!values.add(value)) return false;
  }
  return true;
}

/// Of 16 bits, by the first channel. Decoded pixels are upper bytes: the lower ones come of one
/// more decoding for each of them, by the range of the 256 values that have it.
bool add_words(const Image& image, const std::function<Image(const PixelFormat&)>& decode,
               FewValues& values) {
  const auto channels = static_cast<std::size_t>(image.channels);
  std::set<std::uint8_t> uppers;
  for (std::size_t i = 0; i < image.pixels.size(); i += channels) uppers.insert(image.pixels[i]);
  if (uppers.size() > kFewValues) return false;
  for (const std::uint8_t upper : uppers) {
    const std::uint32_t first = std::uint32_t{upper} << 8U;
    const ValueRange range{static_cast<double>(first), static_cast<double>(first + 255)};
    const Image lower = decode({image.channels, range});
    for (std::size_t i = 0; i < image.pixels.size(); i += channels) {
      if (image.pixels[i] == upper && !values.add(first | lower.pixels[i])) return false;
    }
  }
  return true;
}

}  // namespace

bool has_few_values(const std::function<Image(const PixelFormat&)>& decode) {
  const Image image = decode(3);
  const std::size_t pixels = image.pixels.size() / static_cast<std::size_t>(image.channels);
  if (pixels < kLeastPixels) return false;
  FewValues values;
  const bool words = image.values.kind == SeenValues::Kind::whole && image.values.any();
  const bool few = words ? add_words(image, decode, values) : add_pixels(image, values);
  return few && values.count() * kPixelsAValue <= pixels;
}

}  // namespace dbot::data
