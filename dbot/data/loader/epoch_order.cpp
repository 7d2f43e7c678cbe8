#include "dbot/data/loader/epoch_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dbot/core/random.h"

namespace dbot::data {
namespace {

/// Where a source's samples stand: its number from 1, and its first index.
struct SourcePlace {
  std::uint32_t number = 1;
  std::int64_t first = 0;
};

/// Adds the samples that a source gives an epoch. `begin` counts what it gave all epochs before.
void add_passes(std::vector<std::int64_t>& samples, const SourcePlace& place, std::int64_t images,
                std::int64_t begin, std::int64_t quota, std::int64_t size, std::uint64_t seed) {
  const std::int64_t first_pass = begin / images;
  std::vector<std::int64_t> order;
  for (std::int64_t drawn = begin; drawn < begin + quota; ++drawn) {
    const std::int64_t pass = drawn / images, position = drawn % images;
    if (order.empty() || position == 0) {
      order = core::permutation({.seed = seed,
                                 .purpose = core::Purpose::sample_order,
                                 .stage = place.number,
                                 .epoch = static_cast<std::uint32_t>(pass)},
                                images);
    }
    samples.push_back(place.first + order[static_cast<std::size_t>(position)] +
                      (pass - first_pass) * size);
  }
}

}  // namespace

std::vector<std::int64_t> source_quotas(std::int64_t size, std::span<const SourceShare> sources) {
  const double sum =
      std::accumulate(sources.begin(), sources.end(), 0.0,
                      [](double all, const SourceShare& source) { return all + source.weight; });
  std::vector<std::int64_t> quotas;
  std::vector<std::pair<double, std::size_t>> remainders;  // largest first
  std::int64_t left = size;
  for (const auto& source : sources) {
    const double exact = static_cast<double>(size) * (source.weight / sum);
    const auto whole = std::min(left, static_cast<std::int64_t>(exact));
    remainders.emplace_back(static_cast<double>(whole) - exact, quotas.size());
    quotas.push_back(whole);
    left -= whole;
  }
  std::sort(remainders.begin(), remainders.end());
  for (std::size_t i = 0; left > 0; ++i, --left) ++quotas[remainders[i % remainders.size()].second];
  return quotas;
}

std::vector<std::int64_t> epoch_order(std::int64_t size, std::span<const SourceShare> sources,
                                      std::uint64_t seed, std::int64_t epoch) {
  auto order = core::permutation({.seed = seed,
                                  .purpose = core::Purpose::sample_order,
                                  .epoch = static_cast<std::uint32_t>(epoch)},
                                 size);
  if (sources.empty()) return order;
  const auto quotas = source_quotas(size, sources);
  std::vector<std::int64_t> samples;
  samples.reserve(order.size());
  SourcePlace place;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    add_passes(samples, place, sources[i].images, epoch * quotas[i], quotas[i], size, seed);
    place.first += sources[i].images;
    ++place.number;
  }
  for (auto& position : order) position = samples[static_cast<std::size_t>(position)];
  return order;
}

}  // namespace dbot::data
