#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/image.h"
#include "dbot/report/pictures/components/principal_components.h"

namespace dbot::report {

/// Features as colours: their first three principal components are red, green and blue, each
/// stretched from its 1st to its 99th percentile, so that single outliers do not grey the rest.
class ComponentColours {
 public:
  /// rows: [rows, width], the features that define components and ranges. earlier: the colours that
  /// the same patches had at an earlier moment, uint8 [rows, 3], or undefined. Order and signs of
  /// the components, which mean nothing by themselves, then follow them.
  explicit ComponentColours(const at::Tensor& rows, const at::Tensor& earlier = {});

  /// features: [rows·columns of the grid, width], row by row. One pixel a patch.
  data::Image paint(const at::Tensor& features, core::Size grid) const;

 private:
  PrincipalComponents components_;
  std::array<double, 3> low_{}, high_{};
};

/// Puts the components into the order, and gives them the signs, at which their coordinates of
/// `rows` agree best with `wanted` [rows, components]: of all signed permutations, the one with
/// the largest sum of correlations.
void align_components(PrincipalComponents& components, const at::Tensor& rows,
                      const at::Tensor& wanted);

}  // namespace dbot::report
