#include "dbot/report/pictures/components/principal_components.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "dbot/core/error.h"

namespace dbot::report {
namespace {

// Squares of singular values below this share of the largest are what is left of zeros.
constexpr double kRounding = 1e-13;
constexpr double kRankMeEpsilon = 1e-7;

void require_finite(const at::Tensor& rows) {
  if (at::isfinite(rows).all().item<bool>()) return;
  throw Error("[pictures] features are not finite, expected numbers; the network has diverged");
}

at::Tensor centred(const at::Tensor& rows, const at::Tensor& mean) {
  return rows.to(at::kDouble) - mean;
}

/// Of float64 rows, min(rows, width) of them, smallest first.
std::vector<double> singular_values(const at::Tensor& values) {
  // Their squares are the eigenvalues of the smaller product.
  const at::Tensor product = values.size(0) < values.size(1) ? at::matmul(values, values.t())
                                                             : at::matmul(values.t(), values);
  const at::Tensor squares = at::linalg_eigvalsh(product).clamp_min(0).contiguous();
  const auto* begin = squares.const_data_ptr<double>();
  const double rounding = kRounding * begin[squares.numel() - 1];  // the last is the largest
  std::vector<double> singular;
  for (std::int64_t i = 0; i < squares.numel(); ++i) {
    singular.push_back(begin[i] > rounding ? std::sqrt(begin[i]) : 0);
  }
  return singular;
}

}  // namespace

at::Tensor PrincipalComponents::project(const at::Tensor& rows) const {
  return at::matmul(centred(rows, mean), directions.t());
}

PrincipalComponents fit_principal_components(const at::Tensor& rows, std::int64_t components) {
  require_finite(rows);
  const std::int64_t count = rows.size(0), width = rows.size(1);
  PrincipalComponents found;
  found.mean = rows.to(at::kDouble).mean(0);
  const at::Tensor values = centred(rows, found.mean);
  const at::Tensor covariance =
      at::matmul(values.t(), values) / static_cast<double>(std::max<std::int64_t>(1, count - 1));
  const auto [variances, vectors] = at::linalg_eigh(covariance);  // smallest first
  const std::int64_t kept = std::min(components, width);
  found.variances = variances.narrow(0, width - kept, kept).flip(0).clamp_min(0);
  const at::Tensor directions = vectors.narrow(1, width - kept, kept).flip(1).t();
  const at::Tensor largest = directions.gather(1, directions.abs().argmax(1, /*keepdim=*/true));
  const at::Tensor sign = at::where(largest < 0, -at::ones_like(largest), at::ones_like(largest));
  found.directions = (directions * sign).contiguous();
  return found;
}

double effective_rank(const at::Tensor& rows) {
  require_finite(rows);
  const auto singular = singular_values(centred(rows, rows.to(at::kDouble).mean(0)));
  const double sum = std::accumulate(singular.begin(), singular.end(), 0.0);
  double entropy = 0;
  for (const double value : singular) {
    if (value > 0) entropy -= value / sum * std::log(value / sum);
  }
  return sum > 0 ? std::exp(entropy) : 0;
}

double rank_me(const at::Tensor& rows) {
  require_finite(rows);
  const auto singular = singular_values(rows.to(at::kDouble));
  const double sum = std::accumulate(singular.begin(), singular.end(), 0.0);
  double entropy = 0;
  for (const double value : singular) {
    const double share = value / sum + kRankMeEpsilon;
    entropy -= share * std::log(share);
  }
  return sum > 0 ? std::exp(entropy) : 0;
}

}  // namespace dbot::report
