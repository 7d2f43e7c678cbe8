#include "dbot/report/pictures/exhibits/tile_sheet.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "dbot/report/pictures/canvas.h"
#include "dbot/report/pictures/tensor_image.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kWidestRow = 1200, kLargestTile = 192, kSmallestTile = 48,
                       kComfortable = 112;

/// The size of each of `columns` images in a row.
core::Size tile_size(core::Size image, std::int64_t columns) {
  const std::int64_t most = std::clamp(kWidestRow / columns, kSmallestTile, kLargestTile);
  const std::int64_t longest = std::max(image.height, image.width);
  if (longest > most) {
    const auto scaled = [&](std::int64_t side) {
      return std::max<std::int64_t>(1, side * most / longest);
    };
    return {scaled(image.height), scaled(image.width)};
  }
  const std::int64_t wanted = (kComfortable + longest - 1) / longest;
  const std::int64_t factor = std::max<std::int64_t>(1, std::min(wanted, most / longest));
  return {image.height * factor, image.width * factor};
}

at::Tensor as_bytes(const at::Tensor& images) {
  if (images.scalar_type() == at::kByte) return images;
  return (images.to(at::kDouble) * 255.0).round().nan_to_num(0).clamp(0, 255).to(at::kByte);
}

}  // namespace

data::Image tile_sheet(const at::Tensor& images, const std::vector<std::int64_t>& channels) {
  const std::int64_t columns = images.size(1);
  const core::Size size = tile_size({images.size(3), images.size(4)}, columns);
  std::vector<data::Image> rows;
  for (std::int64_t row = 0; row < images.size(0); ++row) {
    const at::Tensor pixels = shown_channels(as_bytes(images[row]), channels);
    std::vector<data::Image> tiles;
    for (std::int64_t i = 0; i < columns; ++i) {
      tiles.push_back(resized(image_of(pixels[i]), size));
    }
    rows.push_back(strip(tiles));
  }
  return stack(rows);
}

}  // namespace dbot::report
