#include "dbot/report/pictures/component_colours.h"

#include <algorithm>
#include <cmath>

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

}  // namespace

ComponentColours::ComponentColours(const at::Tensor& rows)
    : components_(fit_principal_components(rows, 3)) {
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
