#include "dbot/tools/bench/data_bench.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "dbot/data/loader/loader_config.h"

namespace dbot::tools {
namespace {

constexpr std::int64_t kMemoryForFiles = std::int64_t{1} << 30;
constexpr std::int64_t kImagesForStages = 200;

}  // namespace

data::LoaderBenchConfig loader_bench_config(const run::Recipe& recipe) {
  data::LoaderBenchConfig config;
  const nn::ImageInput images = run::image_input(recipe, "data bench");
  config.image.image_size = images.size;
  config.image.channels = static_cast<int>(images.channels);
  config.image.values = data::range_of(recipe.data.value_range);
  config.image.augmentation = data::augmentation_of(recipe.data);
  config.loader.seed = static_cast<std::uint64_t>(recipe.train.seed);
  config.loader.max_bad_fraction = recipe.data.max_bad_fraction;
  // Statistics of ImageNet where the recipe has none: the time does not depend on them.
  const auto channels = static_cast<std::size_t>(images.channels);
  config.mean = recipe.data.mean.empty() ? std::vector<double>(channels, 0.45) : recipe.data.mean;
  config.std = recipe.data.std.empty() ? std::vector<double>(channels, 0.225) : recipe.data.std;
  return config;
}

DataBench measure_data(std::shared_ptr<const data::Dataset> dataset,
                       const data::LoaderBenchConfig& config, const core::Log& log,
                       const std::function<bool()>& stopping) {
  DataBench bench;
  bench.images = dataset->size();
  bench.workers = config.loader.workers;
  bench.real = data::time_loader(dataset, config, log, stopping);
  if (const auto files = data::in_memory(*dataset, kMemoryForFiles)) {
    bench.cached = data::time_loader(files, config, log, stopping);
  }
  bench.synthetic = data::time_noise(dataset->size(), config, log, stopping);
  bench.stages = data::time_stages(*dataset, config, kImagesForStages, stopping);
  return bench;
}

std::string bottleneck(const DataBench& bench) {
  const double real = 1 / bench.real.images_per_second();
  const double cached = bench.cached.images > 0 ? 1 / bench.cached.images_per_second() : real;
  const double undecoded = 1 / bench.synthetic.images_per_second();
  // What changes pixels is part of all passes; it is known of one thread.
  const auto workers = static_cast<double>(std::max<std::int64_t>(1, bench.workers));
  const double transforms = std::min(undecoded, bench.stages.augment / workers);
  const std::pair<double, const char*> parts[] = {{std::max(0.0, real - cached), "reading"},
                                                  {cached - undecoded, "decoding"},
                                                  {transforms, "transforms"},
                                                  {undecoded - transforms, "handing over"}};
  return std::max_element(std::begin(parts), std::end(parts),
                          [](const auto& a, const auto& b) { return a.first < b.first; })
      ->second;
}

}  // namespace dbot::tools
