#include "dbot/eval/kinds/feature_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

constexpr double kWorthSaying = 1e9;  // bytes

}  // namespace

double FeatureMemory::bytes() const {
  if (widths.empty()) return 0;
  const auto all = std::accumulate(widths.begin(), widths.end(), std::int64_t{0});
  const auto values = all + copies * *std::ranges::max_element(widths);
  return 4.0 * static_cast<double>(images) * static_cast<double>(values);
}

FeatureMemory memory_of(const ChosenFeatures& chosen, std::int64_t images) {
  FeatureMemory memory{.images = images};
  for (std::size_t i = 0; i < chosen.names().size(); ++i) memory.widths.push_back(chosen.width(i));
  return memory;
}

void check_feature_memory(const FeatureMemory& memory, std::int64_t machine_bytes,
                          const core::Log& log) {
  const double bytes = memory.bytes();
  if (bytes < kWorthSaying) return;
  const std::string size =
      fmt::format("{:.3g} GB of memory ({} images, up to {} numbers each)", bytes / 1e9,
                  memory.images, *std::ranges::max_element(memory.widths));
  if (bytes <= static_cast<double>(machine_bytes)) {
    log(core::LogLevel::information, "the features need " + size);
    return;
  }
  throw UsageError({.operation = "features",
                    .subject = "the features",
                    .fault = Fault::too_large,
                    .reason = fmt::format("need {}, this machine has {:.3g} GB", size,
                                          static_cast<double>(machine_bytes) / 1e9),
                    .way_out = "choose a coarser grid or the mean (evaluate.features), or fewer "
                               "images (evaluate.max_train_images)"});
}

}  // namespace dbot::eval
