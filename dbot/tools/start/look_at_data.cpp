#include "dbot/tools/start/look_at_data.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/data/audit/audit.h"
#include "dbot/data/audit/set_channels.h"
#include "dbot/data/audit/survey/examiner.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/loader/statistics.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/stoppable_dataset.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::tools {
namespace {

constexpr const char* kStopped = "[start] stopped on request; nothing was begun";
constexpr std::int64_t kMostHeaders = 512;
constexpr std::int64_t kFewestPixels = 8, kMostPixels = 1024;  // images
constexpr int kRgb = 3;
constexpr double kLeastDeviation = 1e-4;

/// The headers of images all over the set, as many as the time allows.
std::vector<data::ImageFacts> look_at_headers(const data::Dataset& images, double seconds,
                                              const core::StopRequest& stop) {
  const core::Stopwatch clock;
  data::MemoryBudget budget(0);  // of pixels, which are not decoded
  data::Examiner examiner(data::kAnyChannels, /*pixels=*/false, budget);
  const std::int64_t count = std::min(images.size(), kMostHeaders);
  // Far apart from the start, so that a look that ends early has seen all of the set.
  constexpr std::int64_t kStride = 37;  // prime
  const std::int64_t stride = count % kStride == 0 ? 1 : kStride;
  std::vector<data::ImageFacts> facts;
  for (std::int64_t i = 0; i < count; ++i) {
    if (stop.requested()) throw Stopped(kStopped);
    if (i >= kFewestPixels && clock.seconds() > seconds) break;
    facts.push_back(examiner.examine(images, i * stride % count * images.size() / count));
  }
  return facts;
}

void add_sample(const std::vector<data::ImageFacts>& facts, run::StartData& data) {
  std::set<core::Digest> contents;
  std::int64_t readable = 0;
  for (const data::ImageFacts& one : facts) {
    if (one.fault != data::ImageFault::none) continue;
    ++readable;
    contents.insert(one.content);
  }
  data.looked_at = std::ssize(facts);
  data.readable = readable;
  data.distinct = std::ssize(contents);
  const data::UsualSize usual = data::usual_size(facts);
  data.shorter_side = usual.shorter_side;
  data.megapixels = usual.pixels / 1e6;
}

/// Four digits say enough; a deviation of nothing would divide by zero.
std::vector<double> rounded(std::vector<double> values, double least) {
  for (double& value : values) value = std::max(least, std::round(value * 1e4) / 1e4);
  return values;
}

/// As many images as the time allows, by what a few took.
void add_statistics(const run::Recipe& recipe, double seconds, const core::StopRequest& stop,
                    DataLook& look) {
  run::StartData& data = look.data;
  if (!recipe.data.mean.empty() || data.readable == 0) {
    data.mean = recipe.data.mean;
    data.std = recipe.data.std;
    return;
  }
  const data::StoppableDataset stoppable(*look.images, stop, kStopped);
  const data::PixelFormat format{static_cast<int>(data.channels),
                                 data::range_of(recipe.data.value_range)};
  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const core::Stopwatch clock;
  auto pixels = data::measure_statistics(stoppable, format, kFewestPixels, seed);
  const double of_one = clock.seconds() / kFewestPixels;
  const auto fits = static_cast<std::int64_t>(std::min(1e6, seconds / std::max(of_one, 1e-6)));
  const std::int64_t count = std::min(fits, kMostPixels);
  if (count > kFewestPixels) {
    pixels = data::measure_statistics(stoppable, format, count, seed);
  }
  if (!format.values.given()) look.trouble = pixels.values.trouble();
  data.mean = rounded(pixels.mean, -1e3);
  data.std = rounded(pixels.std, kLeastDeviation);
}

void add_labels(const std::filesystem::path& source, const run::Recipe& recipe,
                run::StartData& data) {
  const std::string& other = recipe.evaluate.data;
  if (recipe.evaluate.labels == "none") return;
  try {
    const auto splits = data::open_labelled(other.empty() ? source : std::filesystem::path(other),
                                            static_cast<std::uint64_t>(recipe.train.seed),
                                            core::silent_log(), run::choice_of(recipe));
    data.classes = std::ssize(splits.train->classes());
    data.labelled_train = splits.train->size();
    data.labelled_test = splits.test->size();
  } catch (const DataError&) {
    data.classes = 0;
  }
  if (data.classes < 2) data.classes = 0;
}

}  // namespace

DataLook look_at_data(const std::vector<std::filesystem::path>& sources, const run::Recipe& recipe,
                      std::int64_t channels, double seconds, const core::StopRequest& stop,
                      const core::Log& log) {
  DataLook look;
  core::Stopwatch clock;
  look.images = run::open_training_images(sources, recipe, stop, log).images;
  look.data.images = look.images->size();
  add_labels(sources.front(), recipe, look.data);
  look.data.open_seconds = clock.seconds();
  const auto facts = look_at_headers(*look.images, seconds / 3, stop);
  add_sample(facts, look.data);
  const int usual = data::most_frequent_channels(facts);
  look.data.channels = channels > 0 ? channels : (usual == 1 ? kRgb : usual);
  add_statistics(recipe, seconds / 3, stop, look);
  return look;
}

}  // namespace dbot::tools
