#include "dbot/report/pictures/map/neighbours.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <numeric>

namespace dbot::report {
namespace {

constexpr std::int64_t kMostPixels = 32;  // a side

}  // namespace

at::Tensor unit_rows(const at::Tensor& features) {
  const at::Tensor rows = features.to(at::kDouble);
  return rows / at::linalg_vector_norm(rows, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

at::Tensor raw_pixel_rows(const at::Tensor& images) {
  const auto side = [&](std::int64_t axis) { return std::min(kMostPixels, images.size(axis)); };
  const at::Tensor small =
      at::adaptive_avg_pool2d(images.to(at::kFloat), {side(2), side(3)}).flatten(1);
  return small - small.mean(0, /*keepdim=*/true);
}

std::vector<Neighbours> nearest_neighbours(const at::Tensor& features, std::int64_t queries,
                                           std::int64_t count) {
  const at::Tensor rows = unit_rows(features);
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
