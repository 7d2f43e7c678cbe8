#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace dbot::nn {

/// The matrix, float64 [at, knots], that turns values at `knots` (rising, at least one) into those
/// of the interpolating cubic spline at the places `at`. The third derivative is continuous at the
/// second and the last but one knot ("not a knot"); fewer than four knots give the polynomial
/// through them. Places outside the knots take the value of the nearest.
at::Tensor cubic_spline_matrix(const std::vector<double>& knots, const std::vector<double>& at);

}  // namespace dbot::nn
