#include "dbot/data/sources/binary/idx_dataset.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/colour.h"

namespace dbot::data {

IdxDataset::IdxDataset(std::string name, IdxArray images, std::vector<std::uint8_t> labels,
                       std::vector<std::string> classes)
    : name_(std::move(name)),
      images_(std::move(images)),
      labels_(std::move(labels)),
      classes_(std::move(classes)) {
  const auto& shape = images_.shape;
  const bool grey = shape.size() == 3 || (shape.size() == 4 && shape[3] == 1);
  const bool colour = shape.size() == 4 && shape[3] == 3;
  if (!grey && !colour) {
    throw DataError(fmt::format(
        "[data] {}: has {} dimensions, expected images [n, height, width] or [n, height, width, 1 "
        "or 3]",
        name_, shape.size()));
  }
  if (shape[0] == 0) throw DataError(fmt::format("[data] {}: has no image", name_));
  check_image_size(static_cast<std::uint64_t>(shape[1]), static_cast<std::uint64_t>(shape[2]),
                   name_);
  if (!labels_.empty() && static_cast<std::int64_t>(labels_.size()) != shape[0]) {
    throw DataError(fmt::format("[data] {}: has {} images, but its labels' file has {} labels",
                                name_, shape[0], labels_.size()));
  }
}

Image IdxDataset::load(std::int64_t index, int channels) const {
  if (channels != 1 && channels != 3) {
    throw UsageError(fmt::format("[data] model.channels is {}, but {} gives 1 (grey) or 3 (RGB)",
                                 channels, name_));
  }
  if (index < 0 || index >= size()) {
    throw DataError(fmt::format("[data] {}: has no image {} of {}", name_, index, size()));
  }
  Image image;
  image.height = static_cast<int>(images_.shape[1]);
  image.width = static_cast<int>(images_.shape[2]);
  image.channels = channels;
  const int stored = images_.shape.size() == 4 ? static_cast<int>(images_.shape[3]) : 1;
  const auto count = static_cast<std::size_t>(image.height) * image.width;
  const auto* pixels = images_.values.data() + static_cast<std::size_t>(index) * count * stored;
  image.pixels.resize(count * channels);
  if (stored == channels) {
    image.pixels.assign(pixels, pixels + count * channels);
  } else if (channels == 1) {
    luma_from_rgb(pixels, count, image.pixels.data());
  } else {
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = pixels[i / 3];
  }
  return image;
}

std::int64_t IdxDataset::label(std::int64_t index) const {
  return labels_.empty() ? -1 : labels_.at(static_cast<std::size_t>(index));
}

std::string IdxDataset::name(std::int64_t index) const {
  return fmt::format("{}[{}]", name_, index);
}

}  // namespace dbot::data
