#include "dbot/nn/vit/cubic_spline.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace dbot::nn {
namespace {

/// A matrix of zeros whose elements are written one by one.
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns)
      : tensor_(at::zeros({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)},
                          at::kDouble)),
        columns_(columns) {}
  double& operator()(std::size_t row, std::size_t column) {
    return tensor_.mutable_data_ptr<double>()[row * columns_ + column];
  }
  const at::Tensor& tensor() const { return tensor_; }

 private:
  at::Tensor tensor_;
  std::size_t columns_;
};

/// Second derivatives at the knots from the values there, [knots, knots].
at::Tensor curvatures(const std::vector<double>& x) {
  const std::size_t n = x.size();
  const auto h = [&](std::size_t i) { return x[i + 1] - x[i]; };
  Matrix left(n, n), right(n, n);
  for (std::size_t i = 1; i + 1 < n; ++i) {
    left(i, i - 1) = h(i - 1);
    left(i, i) = 2 * (h(i - 1) + h(i));
    left(i, i + 1) = h(i);
    right(i, i - 1) = 6 / h(i - 1);
    right(i, i) = -6 / h(i) - 6 / h(i - 1);
    right(i, i + 1) = 6 / h(i);
  }
  // The first two pieces are one cubic, and so are the last two.
  const auto one_piece = [&](std::size_t row, std::size_t i) {
    left(row, i - 1) = h(i);
    left(row, i) = -(h(i - 1) + h(i));
    left(row, i + 1) = h(i - 1);
  };
  one_piece(0, 1);
  one_piece(n - 1, n - 2);
  return at::linalg_solve(left.tensor(), right.tensor());
}

at::Tensor polynomial_matrix(const std::vector<double>& x, const std::vector<double>& places) {
  Matrix result(places.size(), x.size());
  for (std::size_t row = 0; row < places.size(); ++row) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      double weight = 1;  // Lagrange's
      for (std::size_t j = 0; j < x.size(); ++j) {
        if (j != i) weight *= (places[row] - x[j]) / (x[i] - x[j]);
      }
      result(row, i) = weight;
    }
  }
  return result.tensor();
}

}  // namespace

at::Tensor cubic_spline_matrix(const std::vector<double>& knots, const std::vector<double>& at) {
  std::vector<double> places = at;
  for (double& place : places) place = std::clamp(place, knots.front(), knots.back());
  if (knots.size() < 4) return polynomial_matrix(knots, places);
  Matrix of_values(places.size(), knots.size()), of_curvatures(places.size(), knots.size());
  for (std::size_t row = 0; row < places.size(); ++row) {
    const auto after = std::upper_bound(knots.begin() + 1, knots.end() - 1, places[row]);
    const auto i = static_cast<std::size_t>(after - knots.begin()) - 1;
    const double h = knots[i + 1] - knots[i];
    const double a = (knots[i + 1] - places[row]) / h, b = (places[row] - knots[i]) / h;
    of_values(row, i) = a;
    of_values(row, i + 1) = b;
    of_curvatures(row, i) = (a * a * a - a) * h * h / 6;
    of_curvatures(row, i + 1) = (b * b * b - b) * h * h / 6;
  }
  return of_values.tensor() + of_curvatures.tensor().matmul(curvatures(knots));
}

}  // namespace dbot::nn
