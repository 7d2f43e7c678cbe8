#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/image.h"
#include "dbot/report/pictures/principal_components.h"

namespace dbot::report {

/// Features as colours: their first three principal components are red, green and blue, each
/// stretched from its 1st to its 99th percentile, so that single outliers do not grey the rest.
class ComponentColours {
 public:
  /// rows: [rows, width], the features that define components and ranges.
  explicit ComponentColours(const at::Tensor& rows);

  /// features: [rows·columns of the grid, width], row by row. One pixel a patch.
  data::Image paint(const at::Tensor& features, core::Size grid) const;

 private:
  PrincipalComponents components_;
  std::array<double, 3> low_{}, high_{};
};

}  // namespace dbot::report
