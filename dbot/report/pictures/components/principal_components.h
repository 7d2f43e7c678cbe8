#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::report {

/// Directions of largest variance of a set of rows, largest first. Signs are fixed: the largest
/// entry of each direction is positive.
struct PrincipalComponents {
  at::Tensor mean;        // float64 [width]
  at::Tensor directions;  // float64 [components, width], of unit length
  at::Tensor variances;   // float64 [components]

  /// Coordinates of rows [rows, width], float64 [rows, components].
  at::Tensor project(const at::Tensor& rows) const;
};

/// rows: [rows, width] with at least one row, finite. At most `width` components are found. Throws
/// Error if a value is not finite.
PrincipalComponents fit_principal_components(const at::Tensor& rows, std::int64_t components);

/// exp of the entropy of the singular values of the centred rows, divided by their sum: between 1
/// (all vary along one direction) and min(rows − 1, width); 0 if the rows are equal. Roy &
/// Vetterli, "The effective rank", EUSIPCO 2007.
double effective_rank(const at::Tensor& rows);

/// RankMe: exp of the entropy of p = σ / Σσ + ε over the singular values of the rows as they are,
/// not centred, with ε = 10⁻⁷. Between 1 and min(rows, width), but for ε; 0 if all are zero.
/// Garrido et al., "RankMe", arXiv 2210.02885, equation 1.
double rank_me(const at::Tensor& rows);

}  // namespace dbot::report
