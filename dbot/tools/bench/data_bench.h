#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "dbot/core/log.h"
#include "dbot/data/loader/loader_bench.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::tools {

/// Loading under the transforms of a recipe.
data::LoaderBenchConfig loader_bench_config(const run::Recipe& recipe);

/// What was measured of a data set, and what it says.
struct DataBench {
  std::int64_t images = 0, workers = 0;
  data::LoaderPass real, cached, synthetic;  // no cached pass where images are no files
  data::LoaderStages stages;
};

/// Passes over `dataset` as it is, with its files in memory, and over noise; then the stages of
/// some images.
DataBench measure_data(std::shared_ptr<const data::Dataset> dataset,
                       const data::LoaderBenchConfig& config, const core::Log& log,
                       const std::function<bool()>& stopping);

/// "reading", "decoding", "transforms" or "handing over": which of them holds loading up.
std::string bottleneck(const DataBench& bench);

}  // namespace dbot::tools
