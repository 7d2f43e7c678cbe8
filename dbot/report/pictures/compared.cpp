#include "dbot/report/pictures/compared.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/report/pictures/components/principal_components.h"
#include "dbot/report/pictures/health.h"
#include "dbot/report/pictures/map/neighbours.h"

namespace dbot::report {
namespace {

constexpr std::int64_t kMostNeighbours = 10;
constexpr double kTie = 1e-9;       // cosines that differ by less are equal
constexpr double kLeastSide = 0.6;  // of a crop, relative to the image
constexpr double kMostSide = 0.9;
constexpr double kPasses = 3;  // of the images and of two crops

/// Share of the rows of cosines, float64 [images, images], whose own column is the largest.
double own_column_first(const at::Tensor& cosines) {
  const std::int64_t images = cosines.size(0);
  std::int64_t own = 0;
  for (std::int64_t i = 0; i < images; ++i) {
    const double* row = cosines.const_data_ptr<double>() + i * images;
    double others = -std::numeric_limits<double>::infinity();
    for (std::int64_t j = 0; j < images; ++j) {
      if (j != i) others = std::max(others, row[j]);
    }
    if (row[i] > others + kTie) ++own;
  }
  return static_cast<double>(own) / static_cast<double>(images);
}

double shared_neighbours(const at::Tensor& first, const at::Tensor& second) {
  const std::int64_t images = first.size(0);
  const std::int64_t count = std::clamp<std::int64_t>(images / 10, 1, kMostNeighbours);
  const auto by_first = nearest_neighbours(first, images, count);
  const auto by_second = nearest_neighbours(second, images, count);
  std::int64_t shared = 0;
  for (std::size_t i = 0; i < by_first.size(); ++i) {
    const std::set<std::int64_t> near(by_first[i].nearest.begin(), by_first[i].nearest.end());
    shared += std::ranges::count_if(by_second[i].nearest,
                                    [&](std::int64_t image) { return near.contains(image); });
  }
  return static_cast<double>(shared) / static_cast<double>(images * count);
}

/// Where a crop begins and how long it is, on one side.
struct Cut {
  std::int64_t begin = 0, length = 1;
};

Cut cut_side(std::int64_t side, double share, core::Random& random) {
  const auto length =
      std::clamp<std::int64_t>(std::llround(share * static_cast<double>(side)), 1, side);
  const auto places = static_cast<std::uint64_t>(side - length + 1);
  return {static_cast<std::int64_t>(random.below(places)), length};
}

}  // namespace

CropAgreement crop_agreement(const at::Tensor& first, const at::Tensor& second) {
  if (first.size(0) < 2) return {};
  const at::Tensor cosines = at::matmul(unit_rows(first), unit_rows(second).t()).contiguous();
  return {own_column_first(cosines), shared_neighbours(first, second)};
}

at::Tensor random_crops(const at::Tensor& images, std::uint64_t seed, std::uint32_t view) {
  const std::int64_t height = images.size(2), width = images.size(3);
  at::Tensor crops = at::empty_like(images);
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    // Epoch 0 is the choice of the images themselves.
    core::Random random({.seed = seed,
                         .purpose = core::Purpose::pictures,
                         .epoch = view + 1,
                         .sample = static_cast<std::uint64_t>(i)});
    const double share = random.uniform(kLeastSide, kMostSide);
    const Cut rows = cut_side(height, share, random), columns = cut_side(width, share, random);
    const at::Tensor part = images.narrow(0, i, 1)
                                .narrow(2, rows.begin, rows.length)
                                .narrow(3, columns.begin, columns.length);
    const at::Tensor whole = at::upsample_bilinear2d(part.to(at::kFloat), {height, width},
                                                     /*align_corners=*/false);
    crops.narrow(0, i, 1).copy_(whole.round().clamp(0, 255));
  }
  return crops;
}

void measure_compared_features(const at::Tensor& features, ComparedFigures& figures) {
  FeatureHealth health;
  measure_features(features, health);
  figures.images = health.images;
  figures.effective_rank = health.effective_rank;
  figures.mean_cosine = health.mean_cosine;
  figures.rank_me = rank_me(features);
}

void compare_features(const nn::Backbone& backbone, const PictureSamples& samples,
                      const CompareSettings& settings, ComparedFigures& figures,
                      const core::StopRequest& stop) {
  PictureSamples looked_at = samples;
  Look look = settings.look;
  if (settings.images > 0) {
    const std::int64_t count = std::min(settings.images, samples.size());
    looked_at.images = samples.images.narrow(0, 0, count);
    looked_at.ids.resize(static_cast<std::size_t>(count));
    look.seconds = std::numeric_limits<double>::infinity();
  } else {
    look.seconds /= kPasses;
  }
  const at::Tensor features = summary_features(backbone, looked_at, look, stop);
  measure_compared_features(features, figures);
  const at::Tensor images = samples.images.narrow(0, 0, features.size(0));
  looked_at.ids.resize(static_cast<std::size_t>(features.size(0)));
  look.seconds = std::numeric_limits<double>::infinity();  // crops of the same images
  const auto features_of = [&](std::uint32_t view) {
    looked_at.images = random_crops(images, settings.seed, view);
    return summary_features(backbone, looked_at, look, stop);
  };
  const at::Tensor first = features_of(0);
  const CropAgreement agreement = crop_agreement(first, features_of(1));
  figures.own_crop_nearest = agreement.own_nearest;
  figures.shared_neighbours = agreement.shared_neighbours;
}

}  // namespace dbot::report
