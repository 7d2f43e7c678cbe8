#include "dbot/run/start/start_forecast.h"

#include <algorithm>
#include <cmath>

#include "dbot/eval/frozen/evaluation.h"
#include "dbot/run/start/start_rules.h"

namespace dbot::run {
namespace {

// Measured on one core with 2,500 and 625 images: shares of the speed of large products that the
// protocols reach, and what a small step costs.
constexpr double kProbeShare = 0.25, kNeighbourShare = 0.45;
constexpr double kProbeStepSeconds = 1e-4;
// As eval::LinearProbeConfig has it.
constexpr double kProbeEpochs = 50, kProbeSteps = 1000, kProbeBatch = 1024, kProbeBatches = 16;
constexpr double kGridCells = 9;  // of the features grid:3

double as_double(std::int64_t value) {
  return static_cast<double>(value);
}

}  // namespace

double protocol_seconds(const StartLabels& labels, double numbers, double classes, double flops) {
  const double train = as_double(labels.train), test = as_double(labels.test);
  if (train <= 0) return 0;
  const double neighbours = 2 * train * test * numbers / (kNeighbourShare * flops);
  const double batch = std::clamp(std::floor(train / kProbeBatches), 1.0, kProbeBatch);
  const double batches = std::ceil(train / batch);
  const double steps = std::max(kProbeEpochs * batches, kProbeSteps);
  const double of_a_step = batch * numbers * (4 * classes + 8) / (kProbeShare * flops);
  return neighbours + steps * (kProbeStepSeconds + of_a_step);
}

double evaluation_seconds(const StartLabels& labels, const StartShape& shape, const StartData& data,
                          const StartCosts& costs, std::int64_t stages) {
  if (!labels.any()) return 0;
  const SizeRule& size = kSizeRules.at(shape.size);
  const double width = as_double(kNetworkRules.at(shape.network).width);
  const double images = as_double(labels.train + labels.test), classes = as_double(data.classes);
  const auto protocols = [&](double numbers) {
    return protocol_seconds(labels, numbers, classes, costs.flops);
  };
  const core::Size raw = eval::raw_pixel_size({size.image_size, size.image_size});
  const double pixels =
      images * costs.load + protocols(as_double(raw.height * raw.width * data.channels));
  const double network = images * costs.features + protocols(width) + protocols(kGridCells * width);
  return pixels + as_double(stages + 1) * network;
}

StartLabels affordable_labels(const StartShape& shape, const StartData& data,
                              const StartCosts& costs, std::int64_t stages, double seconds) {
  if (data.classes < 2) return {};
  StartLabels labels{std::min(data.labelled_train, kMostTrainLabels),
                     std::min(data.labelled_test, kMostTestLabels)};
  const std::int64_t fewest =
      std::min(labels.train, std::max(kFewestTrainLabels, 2 * data.classes));
  while (evaluation_seconds(labels, shape, data, costs, stages) > kEvaluationShare * seconds) {
    if (labels.train / 2 < fewest) return {};
    labels = {labels.train / 2, std::max<std::int64_t>(1, labels.test / 2)};
  }
  return labels;
}

}  // namespace dbot::run
