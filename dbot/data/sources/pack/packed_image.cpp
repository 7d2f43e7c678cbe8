#include "dbot/data/sources/pack/packed_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/foreign_kind.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/jpeg/jpeg_writer.h"
#include "dbot/data/image/resize_crop.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::data {
namespace {

constexpr int kRgb = 3;

/// Throws DataError unless the first bytes are those of a kind that is read.
void require_kind(std::span<const std::uint8_t> bytes, const std::string& name) {
  if (!image_kind(bytes).empty()) return;
  const auto foreign = foreign_kind(bytes);
  throw data_error(
      name, Fault::unsupported,
      foreign.empty() ? "is of no kind of image that is read" : fmt::format("is {}", foreign));
}

/// The shorter side becomes `shorter`, the other one follows, rounded, and is at least 1.
core::Size with_shorter_side(const Image& image, int shorter) {
  const double scale = static_cast<double>(shorter) / std::min(image.height, image.width);
  const auto scaled = [&](int length) {
    return std::max<std::int64_t>(1, std::llround(length * scale));
  };
  return {scaled(image.height), scaled(image.width)};
}

Image resized(const Image& image, core::Size size) {
  const auto count = static_cast<std::size_t>(size.height * size.width);
  std::vector<std::uint8_t> planar(count * kRgb);
  resize_crop(image, {0, 0, image.height, image.width}, size, false, planar);
  Image result{static_cast<int>(size.height), static_cast<int>(size.width), kRgb, {}};
  result.pixels.resize(planar.size());
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < kRgb; ++c) result.pixels[kRgb * i + c] = planar[c * count + i];
  }
  return result;
}

}  // namespace

std::vector<std::uint8_t> packed_image(Sample& sample, const PackConfig& config) {
  auto& encoded = *sample.find(kImagePart);
  require_kind(encoded.bytes(), sample.name());
  if (config.shorter_side == 0) return encoded.take();
  const auto bytes = encoded.bytes();
  const std::string& name = sample.name();
  const auto reader = open_reader(bytes, kRgb, name);
  if (std::min(reader->height(), reader->width()) <= config.shorter_side) return encoded.take();
  const Image image = decode_image(bytes, kRgb, name);
  return encode_jpeg(resized(image, with_shorter_side(image, config.shorter_side)), config.quality);
}

}  // namespace dbot::data
