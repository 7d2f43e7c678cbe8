#include "dbot/data/sources/labelled_share.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "dbot/core/random.h"
#include "dbot/data/subset.h"

namespace dbot::data {

namespace {

/// Of each class of so many images, as many as `wanted` says, drawn by the seed.
std::shared_ptr<const Dataset> drawn_of_each(
    std::shared_ptr<const Dataset> dataset,
    const std::function<std::int64_t(std::int64_t size)>& wanted, std::uint64_t seed) {
  std::map<std::int64_t, std::vector<std::int64_t>> members;
  for (std::int64_t i = 0; i < dataset->size(); ++i) {
    const std::int64_t label = dataset->label(i);
    if (label >= 0) members[label].push_back(i);
  }
  std::vector<std::int64_t> chosen;
  for (const auto& [label, indices] : members) {
    const auto size = static_cast<std::int64_t>(indices.size());
    const auto count = std::clamp<std::int64_t>(wanted(size), 1, size);
    const auto order =
        core::permutation({seed, core::Purpose::split, static_cast<std::uint32_t>(label), 2}, size);
    for (std::int64_t i = 0; i < count; ++i) {
      chosen.push_back(indices[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return subset(std::move(dataset), std::move(chosen));
}

}  // namespace

std::shared_ptr<const Dataset> labelled_share(std::shared_ptr<const Dataset> dataset, double share,
                                              std::uint64_t seed) {
  const auto wanted = [share](std::int64_t size) {
    return std::llround(share * static_cast<double>(size));
  };
  return drawn_of_each(std::move(dataset), wanted, seed);
}

std::shared_ptr<const Dataset> labelled_per_class(std::shared_ptr<const Dataset> dataset,
                                                  std::int64_t count, std::uint64_t seed) {
  return drawn_of_each(
      std::move(dataset), [count](std::int64_t) { return count; }, seed);
}

}  // namespace dbot::data
