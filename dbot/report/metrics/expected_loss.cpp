#include "dbot/report/metrics/expected_loss.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

namespace dbot::report {
namespace {

double normal_density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

double normal_distribution(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double smooth_l1(double beta, double sigma) {
  const double a = beta / sigma;
  const double quadratic = 2 * normal_distribution(a) - 1 - 2 * a * normal_density(a);
  return sigma * sigma / (2 * beta) * quadratic + 2 * sigma * normal_density(a) -
         beta * (1 - normal_distribution(a));
}

// Mean loss of a normal difference with deviation `sigma`.
std::optional<double> mean_loss(const std::string& loss, double beta, double sigma) {
  if (loss == "mse" || loss == "l2") return sigma * sigma;
  if (loss == "l1") return sigma * std::sqrt(2 / std::numbers::pi);
  if (loss == "smooth_l1" && beta > 0) return smooth_l1(beta, sigma);
  return std::nullopt;
}

}  // namespace

std::optional<ExpectedLoss> expected_loss(const std::string& loss, const std::string& normalisation,
                                          double beta) {
  if (loss == "cosine") return ExpectedLoss{1, 0.5, 1.5};
  // Of these each token has mean 0 and variance 1.
  constexpr std::array<std::string_view, 4> kStandardised{"token", "patch", "variance",
                                                          "layer_norm"};
  if (std::ranges::find(kStandardised, normalisation) == kStandardised.end()) return std::nullopt;
  const auto constant = mean_loss(loss, beta, 1);
  const auto highest = mean_loss(loss, beta, std::sqrt(3.0));
  if (!constant || !highest) return std::nullopt;
  // Flat patches can be most of an image, as around clothes or glyphs.
  return ExpectedLoss{*constant, 0.2 * *constant, 1.2 * *highest};
}

}  // namespace dbot::report
