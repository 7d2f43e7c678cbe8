#include "dbot/data/sources/binary/idx_dataset.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/sample_image.h"

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
    throw data_error(name_, Fault::unsupported,
                     fmt::format("has {} dimensions, expected images [n, height, width] or [n, "
                                 "height, width, 1 or 3]",
                                 shape.size()));
  }
  if (shape[0] == 0) throw data_error(name_, Fault::empty, "has no image");
  check_image_size(static_cast<std::uint64_t>(shape[1]), static_cast<std::uint64_t>(shape[2]),
                   name_);
  if (!labels_.empty() && static_cast<std::int64_t>(labels_.size()) != shape[0]) {
    throw data_error(
        name_, Fault::mismatch,
        fmt::format("has {} images, but its labels' file has {} labels", shape[0], labels_.size()));
  }
}

void IdxDataset::read(std::int64_t index, Sample& sample) const {
  if (index < 0 || index >= size()) {
    throw data_error(name_, Fault::other, fmt::format("has no image {} of {}", index, size()));
  }
  sample.begin(name(index));
  const std::array<std::int64_t, 3> shape{images_.shape[1], images_.shape[2],
                                          images_.shape.size() == 4 ? images_.shape[3] : 1};
  const auto bytes = static_cast<std::size_t>(shape[0] * shape[1] * shape[2]);
  sample.add(kImagePart)
      .borrow_values(c10::ScalarType::Byte, shape,
                     images_.values.data() + static_cast<std::size_t>(index) * bytes);
}

std::int64_t IdxDataset::label(std::int64_t index) const {
  return labels_.empty() ? -1 : labels_.at(static_cast<std::size_t>(index));
}

std::string IdxDataset::name(std::int64_t index) const {
  return fmt::format("{}[{}]", name_, index);
}

}  // namespace dbot::data
