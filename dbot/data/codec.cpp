#include "dbot/data/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "dbot/core/error.h"
#include "dbot/data/image_reader.h"
#include "dbot/ops/jpeg_kernels.h"

namespace dbot::data {
namespace {

constexpr std::size_t kept_bytes = std::size_t{1} << 26;

/// Memory that decoding needs for one image after the other.
struct Scratch {
  std::vector<std::uint8_t> pixels, upright;
  DecodedPlanes planes;
  Resizer resizer;

  /// Gives back what one large image has left behind.
  void trim() {
    for (auto* buffer : {&pixels, &upright}) {
      if (buffer->size() > kept_bytes) std::vector<std::uint8_t>().swap(*buffer);
    }
  }
};

/// By how much the decoder may shrink, so that `area` still has at least `shrink_from` / 2 times
/// the pixels of the result along both sides.
int shrink_for(const ImageReader& reader, const Crop& area, core::Size size) {
  int shrink = 1;
  while (2 * shrink <= reader.most_shrink() &&
         area.height >= shrink * shrink_from * static_cast<double>(size.height) &&
         area.width >= shrink * shrink_from * static_cast<double>(size.width)) {
    shrink *= 2;
  }
  return shrink;
}

/// Resizes a part as it was stored to one or more planes of the result.
void resize_part(const Orientation& orientation, const DecodedPart& stored, core::Size size,
                 bool mirror, Scratch& scratch, std::uint8_t* planar) {
  if (orientation.upright()) {
    return scratch.resizer.resize(stored.view, stored.box, size, mirror, planar);
  }
  const auto box = upright_box(orientation, stored.box, stored.view);
  const auto view = turned_upright(orientation, stored.view, scratch.upright);
  scratch.resizer.resize(view, box, size, mirror, planar);
}

/// Resizes planes and makes RGB of them, or grey values for as many channels as are wanted.
void resize_planes(const Orientation& orientation, core::Size size, bool mirror, int channels,
                   Scratch& scratch, std::uint8_t* planar) {
  const auto plane = static_cast<std::size_t>(size.height * size.width);
  for (int c = 0; c < scratch.planes.count; ++c) {
    resize_part(orientation, scratch.planes.parts[static_cast<std::size_t>(c)], size, mirror,
                scratch, planar + static_cast<std::size_t>(c) * plane);
  }
  if (scratch.planes.count == 3) {
    ops::rgb_from_ycc(planar, planar + plane, planar + 2 * plane, plane);
  }
  for (int c = scratch.planes.count; c < channels; ++c) {
    std::copy(planar, planar + plane, planar + static_cast<std::size_t>(c) * plane);
  }
}

}  // namespace

Image decode_image(std::span<const std::uint8_t> bytes, int channels, std::string_view name) {
  const auto reader = open_reader(bytes, channels, name);
  Image image{reader->height(), reader->width(), channels, {}};
  std::vector<std::uint8_t> pixels;
  const auto stored =
      reader->read({0, 0, reader->stored_height(), reader->stored_width()}, 1, pixels);
  if (reader->orientation().upright() && stored.view.row_bytes == image.row_bytes()) {
    pixels.resize(image.row_bytes() * image.height);
    image.pixels = std::move(pixels);
    return image;
  }
  turned_upright(reader->orientation(), stored.view, image.pixels);
  return image;
}

void decode_crop(std::span<const std::uint8_t> bytes, int channels, std::string_view name,
                 const ChooseCrop& choose, core::Size size, std::span<std::uint8_t> planar) {
  thread_local Scratch scratch;
  const auto reader = open_reader(bytes, channels, name);
  const auto choice = choose(reader->height(), reader->width());
  check_crop(choice.crop, reader->height(), reader->width());
  check_planar(channels, size, planar.size());
  const auto area = stored_crop(reader->orientation(), choice.crop, reader->stored_height(),
                                reader->stored_width());
  const auto& orientation = reader->orientation();
  const auto shrink =
      shrink_for(*reader, area, orientation.transpose ? core::Size{size.width, size.height} : size);
  if (reader->read_planes(area, shrink, scratch.planes)) {
    resize_planes(orientation, size, choice.mirror, channels, scratch, planar.data());
  } else {
    const auto stored = reader->read(area, shrink, scratch.pixels);
    resize_part(orientation, stored, size, choice.mirror, scratch, planar.data());
  }
  scratch.trim();
}

bool has_image_extension(std::string_view file_name) {
  constexpr std::array<std::string_view, 13> known{".jpg",  ".jpeg", ".jpe",  ".jfif", ".png",
                                                   ".webp", ".tif",  ".tiff", ".bmp",  ".pgm",
                                                   ".ppm",  ".pfm",  ".npy"};
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(file_name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(known.begin(), known.end(), extension) != known.end();
}

void check_image_size(std::uint64_t height, std::uint64_t width, std::string_view name) {
  if (height == 0 || width == 0) {
    throw DataError(fmt::format("[data] {}: has {}x{} pixels", name, width, height));
  }
  if (width > max_pixels / height) {
    throw DataError(fmt::format("[data] {}: claims {}x{} pixels, expected at most {}", name, width,
                                height, max_pixels));
  }
}

}  // namespace dbot::data
