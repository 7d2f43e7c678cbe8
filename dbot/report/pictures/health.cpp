#include "dbot/report/pictures/health.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/report/pictures/components/principal_components.h"
#include "dbot/report/pictures/work_clock.h"

namespace dbot::report {
namespace {

using methods::masked_loss;
using methods::MaskedPrediction;

constexpr std::int64_t kLossBatch = 8;

/// Patches of one image, float64 [patches, values], and their weights [patches, 1]. Images are
/// measured one by one: in float64 all of them take more memory than a training step.
struct OfImage {
  at::Tensor values, weight;
};

OfImage of_image(const at::Tensor& tokens, const MaskedPrediction& prediction, std::int64_t image) {
  const at::Tensor all = tokens.select(0, image);
  return {(prediction.has_cls ? all.slice(0, 1) : all).to(at::kDouble),
          prediction.mask.select(0, image).unsqueeze(-1).to(at::kDouble)};
}

/// Root of the mean variance of all values over the masked positions of all images.
double deviation(const at::Tensor& tokens, const MaskedPrediction& prediction) {
  const at::Tensor sum = at::zeros({tokens.size(2)}, at::kDouble), square = at::zeros_like(sum);
  double count = 0;
  for (std::int64_t i = 0; i < tokens.size(0); ++i) {
    const auto [values, weight] = of_image(tokens, prediction, i);
    sum.add_((values * weight).sum(0));
    count += weight.sum().item<double>();
  }
  const at::Tensor mean = sum / count;
  for (std::int64_t i = 0; i < tokens.size(0); ++i) {
    const auto [values, weight] = of_image(tokens, prediction, i);
    square.add_(((values - mean).square() * weight).sum(0));
  }
  return std::sqrt((square / count).mean().item<double>());
}

/// See measure_inside.
double deviation_inside(const at::Tensor& tokens, const MaskedPrediction& prediction) {
  const auto [first, first_weight] = of_image(tokens, prediction, 0);
  const at::Tensor sum = at::zeros_like(first), weights = at::zeros_like(first_weight);
  for (std::int64_t i = 0; i < tokens.size(0); ++i) {
    const auto [values, weight] = of_image(tokens, prediction, i);
    sum.add_(values * weight);
    weights.add_(weight);
  }
  const at::Tensor by_position = sum / weights.clamp_min(1);
  double square = 0;
  for (std::int64_t i = 0; i < tokens.size(0); ++i) {
    const auto [values, weight] = of_image(tokens, prediction, i);
    const at::Tensor rest = (values - by_position) * weight;
    const at::Tensor own = rest.sum(0, true) / weight.sum(0, true).clamp_min(1);
    square += ((rest - own).square() * weight).sum().item<double>();
  }
  const double count = weights.sum().item<double>() * static_cast<double>(tokens.size(2));
  return std::sqrt(square / std::max(1.0, count));
}

constexpr std::array kTensors{&MaskedPrediction::images, &MaskedPrediction::mask,
                              &MaskedPrediction::prediction, &MaskedPrediction::target};

/// The same with room for `most` images behind the first ones.
MaskedPrediction with_room(MaskedPrediction first, std::int64_t most) {
  for (const auto member : kTensors) {
    const at::Tensor part = first.*member;
    std::vector<std::int64_t> shape = part.sizes().vec();
    shape.front() = most;
    first.*member = at::empty(shape, part.options());
    (first.*member).narrow(0, 0, part.size(0)).copy_(part);
  }
  return first;
}

}  // namespace

void measure_features(const at::Tensor& features, FeatureHealth& health) {
  const at::Tensor rows = features.to(at::kDouble);
  const auto images = static_cast<double>(rows.size(0));
  health.images = images;
  health.width = static_cast<double>(rows.size(1));
  health.effective_rank = effective_rank(rows);
  if (images < 2) return;
  const at::Tensor unit =
      rows / at::linalg_vector_norm(rows, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
  // The square of a sum of unit vectors is their number plus twice the cosines of all pairs.
  const double square = unit.sum(0).square().sum().item<double>();
  health.mean_cosine = (square - images) / (images * (images - 1));
}

void measure_prediction(const MaskedPrediction& prediction, FeatureHealth& health) {
  const at::Tensor target = prediction.target.to(at::kFloat);
  health.prediction_deviation = deviation(prediction.prediction, prediction);
  health.target_deviation = deviation(prediction.target, prediction);
  const at::Tensor by_position = target.mean(0, /*keepdim=*/true);
  at::Tensor constant = by_position;
  if (prediction.has_cls) {
    // The cls token is a target of another kind.
    const at::Tensor patches =
        by_position.slice(1, 1).mean(1, true).expand_as(by_position.slice(1, 1));
    constant = at::cat({by_position.slice(1, 0, 1), patches}, 1);
  } else {
    constant = by_position.mean(1, true);
  }
  health.constant_loss = masked_loss(prediction, constant);
  health.position_loss = masked_loss(prediction, by_position);
}

void measure_inside(const MaskedPrediction& prediction, ComparedFigures& figures) {
  const std::int64_t images = prediction.target.size(0);
  if (images < 2) return;
  figures.prediction_inside = deviation_inside(prediction.prediction, prediction);
  figures.target_inside = deviation_inside(prediction.target, prediction);
  const at::Tensor target = prediction.target.to(at::kFloat);
  const at::Tensor of_others = target.neg();
  of_others.add_(target.sum(0, /*keepdim=*/true)).div_(static_cast<double>(images - 1));
  const double blind = masked_loss(prediction, of_others);
  if (blind > 0) figures.way_to_zero = 1 - masked_loss(prediction) / blind;
}

MaskedPrediction predict_samples(const methods::ImageCapability& method,
                                 const PictureSamples& samples, const LossMeasure& measure,
                                 const core::StopRequest& stop) {
  const WorkClock clock;
  MaskedPrediction all;
  const std::int64_t most = std::min(measure.samples, samples.size());
  std::int64_t count = 0;
  while (count < most) {
    if (stop.requested()) throw Stopped("[pictures] stopped on request");
    if (count > 0 && clock.seconds() > measure.seconds) break;
    const std::int64_t more = std::min(kLossBatch, most - count);
    MaskedPrediction part =
        method.predict_masked(samples.batch(count, more), measure.context, measure.precision);
    if (count == 0) {
      all = with_room(std::move(part), most);
    } else {
      for (const auto member : kTensors) {
        (all.*member).narrow(0, count, more).copy_(part.*member);
      }
    }
    count += more;
  }
  for (const auto member : kTensors) all.*member = (all.*member).narrow(0, 0, count);
  return all;
}

}  // namespace dbot::report
