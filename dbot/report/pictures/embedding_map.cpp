#include "dbot/report/pictures/embedding_map.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <numeric>

#include "dbot/core/files/files.h"
#include "dbot/report/pictures/canvas.h"
#include "dbot/report/pictures/principal_components.h"
#include "dbot/report/pictures/set/png_write.h"
#include "dbot/report/pictures/tensor_image.h"
#include "dbot/report/pictures/tsne.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kColumns = 16;
constexpr std::int64_t kMostThumbnail = 64;
constexpr std::int64_t kDimensions = 50;  // before t-SNE, as in the paper's experiments (30 there)

at::Tensor directions(const at::Tensor& features) {
  const at::Tensor rows = features.to(at::kDouble);
  return rows / at::linalg_vector_norm(rows, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

std::vector<double> places_of(const at::Tensor& features, const core::StopRequest& stop) {
  const at::Tensor rows = directions(features);
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
  map.atlas = "map.png";
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
  core::write_file_synced(folder / map.atlas, encode_png(atlas(thumbnails, kColumns)));
  return map;
}

std::vector<Neighbours> nearest_neighbours(const at::Tensor& features, std::int64_t queries,
                                           std::int64_t count) {
  const at::Tensor rows = directions(features);
  const std::int64_t points = rows.size(0);
  queries = std::min(queries, points);
  const at::Tensor cosines = at::matmul(rows.narrow(0, 0, queries), rows.t()).contiguous();
  std::vector<Neighbours> result;
  for (std::int64_t query = 0; query < queries; ++query) {
    const double* cosine = cosines.const_data_ptr<double>() + query * points;
    std::vector<std::int64_t> order(static_cast<std::size_t>(points));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::erase(order, query);
    std::ranges::stable_sort(order, [&](auto a, auto b) { return cosine[a] > cosine[b]; });
    order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
    Neighbours row{query, order, {}};
    for (const std::int64_t other : order) row.similarity.push_back(cosine[other]);
    result.push_back(std::move(row));
  }
  return result;
}

}  // namespace dbot::report
