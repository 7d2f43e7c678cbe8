#include "dbot/report/pictures/map/tsne.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "dbot/core/error.h"

// The update is the paper's: gradient with momentum 0.5, later 0.8, a gain for each coordinate that
// grows while its sign stays, and affinities exaggerated at the start so that clusters form first.
namespace dbot::report {
namespace {

constexpr int kExaggerated = 100;  // iterations
constexpr double kExaggeration = 12;
constexpr double kStartDeviation = 1e-4;

std::vector<double> squared_distances(std::span<const double> points, std::size_t count) {
  const std::size_t width = points.size() / count;
  std::vector<double> distances(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < width; ++k) {
        const double difference = points[i * width + k] - points[j * width + k];
        sum += difference * difference;
      }
      distances[i * count + j] = distances[j * count + i] = sum;
    }
  }
  return distances;
}

/// Affinities of point `self` to all others at the sharpness `beta`; returns their entropy.
double affinities_at(double beta, std::span<const double> distances, std::size_t self,
                     std::span<double> row) {
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < row.size(); ++j) {
    if (j != self) nearest = std::min(nearest, distances[j]);
  }
  double sum = 0, weighted = 0;
  for (std::size_t j = 0; j < row.size(); ++j) {
    const double beyond = distances[j] - nearest;  // the nearest weighs 1, so the sum is never 0
    row[j] = j == self ? 0 : std::exp(-beta * beyond);
    sum += row[j];
    weighted += row[j] * beyond;
  }
  for (double& value : row) value /= sum;
  return std::log(sum) + beta * weighted / sum;
}

/// The sharpness at which the row's entropy is log(perplexity), by bisection.
void fit_affinities(std::span<const double> distances, std::size_t self, double perplexity,
                    std::span<double> row) {
  double mean = 0;
  for (const double distance : distances) mean += distance / static_cast<double>(row.size());
  double beta = mean > 0 ? 1 / mean : 1;
  double low = 0, high = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < 64; ++attempt) {
    const double surplus = affinities_at(beta, distances, self, row) - std::log(perplexity);
    if (std::abs(surplus) < 1e-6) return;
    (surplus > 0 ? low : high) = beta;
    beta = std::isinf(high) ? 2 * beta : (low + high) / 2;
  }
}

/// Symmetric affinities of all pairs, summing to 1.
std::vector<double> affinities(std::span<const double> points, std::size_t count,
                               double perplexity) {
  const std::vector<double> distances = squared_distances(points, count);
  std::vector<double> rows(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    fit_affinities({distances.data() + i * count, count}, i, perplexity,
                   {rows.data() + i * count, count});
  }
  std::vector<double> joint(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      joint[i * count + j] =
          (rows[i * count + j] + rows[j * count + i]) / (2.0 * static_cast<double>(count));
    }
  }
  return joint;
}

/// The first two coordinates, small, as the paper starts.
std::vector<double> first_places(std::span<const double> points, std::size_t count) {
  const std::size_t width = points.size() / count;
  double square = 0;
  for (std::size_t i = 0; i < count; ++i) square += points[i * width] * points[i * width];
  const double deviation = std::sqrt(square / static_cast<double>(count));
  const double scale = deviation > 0 ? kStartDeviation / deviation : 0;
  std::vector<double> places(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    places[2 * i] = scale * points[i * width];
    places[2 * i + 1] = scale * points[i * width + 1];
  }
  return places;
}

class Layout {
 public:
  Layout(std::vector<double> joint, std::vector<double> places)
      : joint_(std::move(joint)),
        places_(std::move(places)),
        count_(places_.size() / 2),
        gradient_(places_.size()),
        moved_(places_.size(), 0.0),
        gains_(places_.size(), 1.0),
        kernel_(count_ * count_) {}

  void step(double exaggeration, double momentum, double rate) {
    find_gradient(exaggeration);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const bool turned = (gradient_[i] > 0) == (moved_[i] > 0);
      gains_[i] = std::max(0.01, turned ? gains_[i] * 0.8 : gains_[i] + 0.2);
      moved_[i] = momentum * moved_[i] - rate * gains_[i] * gradient_[i];
      places_[i] += moved_[i];
    }
  }

  std::vector<double> take() { return std::move(places_); }

 private:
  /// 4 Σ (p − q) (y_i − y_j) / (1 + |y_i − y_j|²), the paper's equation 5.
  void find_gradient(double exaggeration) {
    double sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const double dx = places_[2 * i] - places_[2 * j];
        const double dy = places_[2 * i + 1] - places_[2 * j + 1];
        const double value = 1 / (1 + dx * dx + dy * dy);
        kernel_[i * count_ + j] = value;
        sum += 2 * value;
      }
    }
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    for (std::size_t i = 0; i < count_; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const double near = kernel_[i * count_ + j];
        const double force = 4 * (exaggeration * joint_[i * count_ + j] - near / sum) * near;
        const double along_x = force * (places_[2 * i] - places_[2 * j]);
        const double along_y = force * (places_[2 * i + 1] - places_[2 * j + 1]);
        gradient_[2 * i] += along_x;
        gradient_[2 * i + 1] += along_y;
        gradient_[2 * j] -= along_x;
        gradient_[2 * j + 1] -= along_y;
      }
    }
  }

  std::vector<double> joint_, places_;
  std::size_t count_;
  std::vector<double> gradient_, moved_, gains_, kernel_;
};

}  // namespace

std::vector<double> tsne(std::span<const double> points, std::size_t count,
                         const TsneConfig& config, const core::StopRequest& stop) {
  if (count == 0) return {};
  std::vector<double> start = first_places(points, count);
  if (count < 5) return start;  // nothing to arrange
  const double points_count = static_cast<double>(count);
  const double perplexity = std::min(config.perplexity, (points_count - 1) / 3);
  // The rate that fits the number of points: Belkina et al., Nature Communications 2019.
  const double rate = std::max(points_count / kExaggeration / 4, 50.0);
  Layout layout(affinities(points, count, perplexity), std::move(start));
  for (int iteration = 0; iteration < config.iterations; ++iteration) {
    if (stop.requested()) throw Stopped("[pictures] stopped on request");
    const bool early = iteration < kExaggerated;
    layout.step(early ? kExaggeration : 1, early ? 0.5 : 0.8, rate);
  }
  return layout.take();
}

void fit_unit_square(std::vector<double>& places) {
  if (places.empty()) return;
  double low[2] = {places[0], places[1]}, high[2] = {places[0], places[1]};
  for (std::size_t i = 0; i < places.size(); ++i) {
    low[i % 2] = std::min(low[i % 2], places[i]);
    high[i % 2] = std::max(high[i % 2], places[i]);
  }
  const double range = std::max(high[0] - low[0], high[1] - low[1]);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double centre = (low[i % 2] + high[i % 2]) / 2;
    const double place = range > 0 ? 0.5 + (places[i] - centre) / range : 0.5;
    places[i] = std::clamp(place, 0.0, 1.0);
  }
}

}  // namespace dbot::report
