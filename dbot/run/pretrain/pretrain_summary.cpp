#include "dbot/run/pretrain/pretrain_summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "dbot/report/metrics/metrics.h"
#include "dbot/runtime/device_figures.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {
namespace {

constexpr double kShortestForUtilization = 0.5;  // seconds

/// Mean loss of the last 50 good steps of the run, earlier processes included; NaN before the
/// first.
double recent_loss(const std::filesystem::path& metrics) {
  constexpr std::size_t kWindow = 50;
  std::vector<double> losses;
  for (const report::MetricsRecord& record : report::read_metrics(metrics)) {
    const auto loss = record.numbers.find("loss");
    if (record.type != "step" || loss == record.numbers.end()) continue;
    if (std::isfinite(loss->second)) losses.push_back(loss->second);
  }
  if (losses.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto count = static_cast<std::ptrdiff_t>(std::min(kWindow, losses.size()));
  return std::accumulate(losses.end() - count, losses.end(), 0.0) / static_cast<double>(count);
}

}  // namespace

PretrainSummary summarise(const train::TrainSummary& training, const methods::Method& method,
                          const train::RunFolder& folder, runtime::Precision precision,
                          MissingTable missing_table) {
  const runtime::Device& device = method.backbone().parameters()->device();
  PretrainSummary summary;
  summary.out = folder.path();
  summary.training = training;
  summary.loss = recent_loss(folder.metrics());
  summary.peak_memory_bytes = runtime::peak_memory_bytes();
  summary.device_peak_memory_bytes = runtime::peak_device_bytes(device);
  summary.evaluations = report::read_evaluations(folder.metrics());
  summary.missing_table = std::move(missing_table);
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const bool trained = training.images > 0 && training.seconds > 0;
  summary.images_per_second =
      trained ? static_cast<double>(training.images) / training.seconds : nothing;
  summary.data_wait_fraction = trained ? training.data_wait_seconds / training.seconds : nothing;
  // The measurement takes a moment; of a run that is over sooner nobody asks for its speed.
  summary.model_flops_utilization =
      trained && training.seconds > kShortestForUtilization
          ? summary.images_per_second * method.cost().operations /
                runtime::measure_matmul_flops_on(precision == runtime::Precision::bf16, device)
          : nothing;
  return summary;
}

}  // namespace dbot::run
