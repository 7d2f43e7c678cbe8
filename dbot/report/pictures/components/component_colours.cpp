#include "dbot/report/pictures/components/component_colours.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "dbot/report/pictures/canvas.h"

namespace dbot::report {
namespace {

/// The value below which `share` of all values lie; reorders them.
double percentile(std::vector<double>& values, double share) {
  const auto place =
      static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + place, values.end());
  return values[static_cast<std::size_t>(place)];
}

/// Columns of mean 0 and length 1; those that do not vary become 0.
at::Tensor unit_columns(const at::Tensor& rows) {
  const at::Tensor centred = rows - rows.mean(0, /*keepdim=*/true);
  return centred / at::linalg_vector_norm(centred, 2, {0}, /*keepdim=*/true).clamp_min(1e-12);
}

/// For each column, the row to put there: the order with the largest sum of absolute values.
std::vector<std::int64_t> best_order(const at::Tensor& correlations) {
  const std::int64_t count = correlations.size(0);
  const at::Tensor sizes = correlations.abs().contiguous();
  const auto* size = sizes.const_data_ptr<double>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(count)), best;
  std::iota(order.begin(), order.end(), std::int64_t{0});
  double highest = -std::numeric_limits<double>::infinity();
  do {
    double sum = 0;
    for (std::int64_t column = 0; column < count; ++column) {
      sum += size[order[static_cast<std::size_t>(column)] * count + column];
    }
    if (sum <= highest + 1e-12) continue;  // of equal ones the first
    highest = sum;
    best = order;
  } while (std::ranges::next_permutation(order).found);
  return best;
}

}  // namespace

void align_components(PrincipalComponents& components, const at::Tensor& rows,
                      const at::Tensor& wanted) {
  const at::Tensor places = unit_columns(components.project(rows));
  const at::Tensor goal = unit_columns(wanted.to(at::kDouble));
  const at::Tensor correlations = at::matmul(places.t(), goal);  // [component, column]
  const std::vector<std::int64_t> order = best_order(correlations);
  const at::Tensor chosen = at::tensor(order, at::kLong);
  const at::Tensor agreement = correlations.index_select(0, chosen).diagonal();
  const at::Tensor sign = agreement.ge(0).to(at::kDouble) * 2 - 1;
  components.directions =
      (components.directions.index_select(0, chosen) * sign.unsqueeze(1)).contiguous();
  components.variances = components.variances.index_select(0, chosen);
}

ComponentColours::ComponentColours(const at::Tensor& rows, const at::Tensor& earlier)
    : components_(fit_principal_components(rows, 3)) {
  const std::int64_t found = components_.directions.size(0);
  if (earlier.defined()) align_components(components_, rows, earlier.narrow(1, 0, found));
  const at::Tensor places = components_.project(rows).t().contiguous();
  for (std::int64_t i = 0; i < places.size(0); ++i) {
    const double* begin = places.const_data_ptr<double>() + i * places.size(1);
    std::vector<double> values(begin, begin + places.size(1));
    const auto channel = static_cast<std::size_t>(i);
    low_[channel] = percentile(values, 0.01);
    high_[channel] = percentile(values, 0.99);
  }
}

data::Image ComponentColours::paint(const at::Tensor& features, core::Size grid) const {
  const at::Tensor places = components_.project(features).contiguous();
  const auto components = static_cast<std::size_t>(places.size(1));
  const double* values = places.const_data_ptr<double>();
  data::Image image = plain_image(grid, {128, 128, 128});
  for (std::size_t patch = 0; patch < static_cast<std::size_t>(places.size(0)); ++patch) {
    for (std::size_t channel = 0; channel < components; ++channel) {
      const double range = high_[channel] - low_[channel];
      const double place = values[patch * components + channel] - low_[channel];
      const double share = range > 0 ? std::clamp(place / range, 0.0, 1.0) : 0.5;
      image.pixels[3 * patch + channel] = static_cast<std::uint8_t>(std::lround(255 * share));
    }
  }
  return image;
}

}  // namespace dbot::report
