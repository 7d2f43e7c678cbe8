#include "dbot/report/pictures/map/embedding_map.h"

#include <ATen/TensorOperators.h>

#include <algorithm>

#include "dbot/core/files/files.h"
#include "dbot/report/pictures/canvas.h"
#include "dbot/report/pictures/components/principal_components.h"
#include "dbot/report/pictures/map/neighbours.h"
#include "dbot/report/pictures/map/tsne.h"
#include "dbot/report/pictures/set/picture_file.h"
#include "dbot/report/pictures/tensor_image.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kColumns = 16;
constexpr std::int64_t kMostThumbnail = 64;
constexpr std::int64_t kDimensions = 50;  // before t-SNE, as in the paper's experiments (30 there)

std::vector<double> places_of(const at::Tensor& features, const core::StopRequest& stop) {
  const at::Tensor rows = unit_rows(features);
  const at::Tensor reduced = fit_principal_components(rows, kDimensions).project(rows).contiguous();
  const auto* values = reduced.const_data_ptr<double>();
  auto places = tsne({values, static_cast<std::size_t>(reduced.numel())},
                     static_cast<std::size_t>(reduced.size(0)), {}, stop);
  fit_unit_square(places);
  return places;
}

}  // namespace

EmbeddingMap draw_embedding_map(const PictureSamples& samples, const at::Tensor& features,
                                const std::filesystem::path& folder,
                                const core::StopRequest& stop) {
  EmbeddingMap map;
  map.columns = kColumns;
  map.thumbnail_size = std::min({samples.images.size(2), samples.images.size(3), kMostThumbnail});
  map.classes = samples.classes;
  const std::vector<double> places = places_of(features, stop);
  std::vector<data::Image> thumbnails;
  for (std::int64_t i = 0; i < features.size(0); ++i) {
    const auto at = static_cast<std::size_t>(i);
    map.points.push_back(
        {places[2 * at], places[2 * at + 1], samples.labels[at], samples.names[at]});
    thumbnails.push_back(
        thumbnail(image_of(samples.images[i]), static_cast<int>(map.thumbnail_size)));
  }
  const PictureFile picture = encode_picture(atlas(thumbnails, kColumns));
  map.atlas = "map" + std::string(picture.kind.ending);
  core::write_file_synced(folder / map.atlas, picture.bytes);
  return map;
}

}  // namespace dbot::report
