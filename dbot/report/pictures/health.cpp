#include "dbot/report/pictures/health.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <cmath>

#include "dbot/core/error.h"
#include "dbot/report/pictures/components/principal_components.h"
#include "dbot/report/pictures/work_clock.h"

namespace dbot::report {
namespace {

using methods::masked_loss;
using methods::MaskedPrediction;

constexpr std::int64_t kLossBatch = 8;

/// Root of the mean variance of all values over the masked positions of all images.
double deviation(const at::Tensor& tokens, const MaskedPrediction& prediction) {
  const at::Tensor patches = prediction.has_cls ? tokens.slice(1, 1) : tokens;
  const at::Tensor weight = prediction.mask.unsqueeze(-1).to(at::kDouble);
  const at::Tensor values = patches.to(at::kDouble);
  const at::Tensor count = weight.sum();
  const at::Tensor mean = (values * weight).flatten(0, 1).sum(0) / count;
  const at::Tensor variance = ((values - mean).square() * weight).flatten(0, 1).sum(0) / count;
  return std::sqrt(variance.mean().item<double>());
}

/// See measure_inside.
double deviation_inside(const at::Tensor& tokens, const MaskedPrediction& prediction) {
  const at::Tensor patches = prediction.has_cls ? tokens.slice(1, 1) : tokens;
  const at::Tensor weight = prediction.mask.unsqueeze(-1).to(at::kDouble);
  const at::Tensor values = patches.to(at::kDouble) * weight;
  const at::Tensor by_position = values.sum(0, true) / weight.sum(0, true).clamp_min(1);
  const at::Tensor rest = (values - by_position) * weight;
  const at::Tensor own = rest.sum(1, true) / weight.sum(1, true).clamp_min(1);
  const at::Tensor square = ((rest - own).square() * weight).sum();
  const double count = weight.sum().item<double>() * static_cast<double>(values.size(2));
  return std::sqrt(square.item<double>() / std::max(1.0, count));
}

/// The predictions of several batches as one.
MaskedPrediction joined(const std::vector<MaskedPrediction>& parts) {
  const auto all = [&](at::Tensor MaskedPrediction::*member) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(parts.size());
    for (const MaskedPrediction& part : parts) tensors.push_back(part.*member);
    return at::cat(tensors);
  };
  MaskedPrediction result = parts.front();
  result.images = all(&MaskedPrediction::images);
  result.mask = all(&MaskedPrediction::mask);
  result.prediction = all(&MaskedPrediction::prediction);
  result.target = all(&MaskedPrediction::target);
  return result;
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
  const at::Tensor of_others =
      (target.sum(0, /*keepdim=*/true) - target) / static_cast<double>(images - 1);
  const double blind = masked_loss(prediction, of_others);
  if (blind > 0) figures.way_to_zero = 1 - masked_loss(prediction) / blind;
}

MaskedPrediction predict_samples(const methods::ImageCapability& method,
                                 const PictureSamples& samples, const LossMeasure& measure,
                                 const core::StopRequest& stop) {
  const WorkClock clock;
  std::vector<MaskedPrediction> parts;
  const std::int64_t most = std::min(measure.samples, samples.size());
  for (std::int64_t begin = 0; begin < most; begin += kLossBatch) {
    if (stop.requested()) throw Stopped("[pictures] stopped on request");
    if (begin > 0 && clock.seconds() > measure.seconds) break;
    parts.push_back(method.predict_masked(samples.batch(begin, std::min(kLossBatch, most - begin)),
                                          measure.context, measure.precision));
  }
  return joined(parts);
}

}  // namespace dbot::report
