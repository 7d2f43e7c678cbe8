#include "dbot/data/loader/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/image/sample_image.h"

namespace dbot::data {
namespace {

constexpr double kSmallestStd = 1.0 / 255;  // one grey level: constant images stay finite

/// Sums of one channel, exact in integers and so independent of their order.
struct Sums {
  std::uint64_t count = 0, sum = 0, squares = 0;
};

void add(const Image& image, std::vector<Sums>& sums) {
  const auto channels = static_cast<std::size_t>(image.channels);
  for (std::size_t c = 0; c < channels; ++c) {
    std::uint64_t sum = 0, squares = 0;
    for (std::size_t i = c; i < image.pixels.size(); i += channels) {
      const std::uint32_t pixel = image.pixels[i];
      sum += pixel;
      squares += pixel * pixel;
    }
    sums[c].count += image.pixels.size() / channels;
    sums[c].sum += sum;
    sums[c].squares += squares;
  }
}

}  // namespace

PixelStatistics measure_statistics(const Dataset& dataset, const PixelFormat& format,
                                   std::int64_t images, std::uint64_t seed) {
  auto chosen =
      core::permutation({.seed = seed, .purpose = core::Purpose::statistics}, dataset.size());
  chosen.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(images, 1, dataset.size())));
  std::vector<Sums> sums(static_cast<std::size_t>(format.channels));
  std::string first_reason;
  PixelStatistics statistics;
  for (const auto index : chosen) {
    try {
      const Image image = load_image(dataset, index, format);
      add(image, sums);
      statistics.values.add(image.values);
    } catch (const DataError& error) {
      if (first_reason.empty()) first_reason = error.what();
    }
  }
  if (sums.at(0).count == 0) {
    throw DataError({.operation = "data",
                     .fault = Fault::unreadable,
                     .reason = fmt::format("none of {} images could be read to measure mean and "
                                           "deviation; first: {}",
                                           chosen.size(), first_reason)});
  }
  for (const auto& channel : sums) {
    const auto count = static_cast<double>(channel.count);
    const double mean = static_cast<double>(channel.sum) / count / 255;
    const double mean_square = static_cast<double>(channel.squares) / count / (255.0 * 255.0);
    statistics.mean.push_back(mean);
    statistics.std.push_back(
        std::max(kSmallestStd, std::sqrt(std::max(0.0, mean_square - mean * mean))));
  }
  return statistics;
}

}  // namespace dbot::data
