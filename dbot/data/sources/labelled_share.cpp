#include "dbot/data/sources/labelled_share.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "dbot/core/random.h"
#include "dbot/data/subset.h"

namespace dbot::data {

std::shared_ptr<const Dataset> labelled_share(std::shared_ptr<const Dataset> dataset, double share,
                                              std::uint64_t seed) {
  std::map<std::int64_t, std::vector<std::int64_t>> members;
  for (std::int64_t i = 0; i < dataset->size(); ++i) {
    const std::int64_t label = dataset->label(i);
    if (label >= 0) members[label].push_back(i);
  }
  std::vector<std::int64_t> chosen;
  for (const auto& [label, indices] : members) {
    const auto size = static_cast<std::int64_t>(indices.size());
    const auto wanted =
        std::clamp<std::int64_t>(std::llround(share * static_cast<double>(size)), 1, size);
    const auto order =
        core::permutation({seed, core::Purpose::split, static_cast<std::uint32_t>(label), 2}, size);
    for (std::int64_t i = 0; i < wanted; ++i) {
      chosen.push_back(indices[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return subset(std::move(dataset), std::move(chosen));
}

}  // namespace dbot::data
