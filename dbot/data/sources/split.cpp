#include "dbot/data/sources/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "dbot/core/random.h"

namespace dbot::data {

SplitIndices stratified_split(const Dataset& dataset, std::uint64_t seed,
                              const std::function<std::string(std::int64_t)>& key) {
  std::map<std::int64_t, std::vector<std::pair<double, std::int64_t>>> drawn;  // by class
  for (std::int64_t index = 0; index < dataset.size(); ++index) {
    core::Random random(
        {.seed = seed, .purpose = core::Purpose::split, .sample = core::name_key(key(index))});
    drawn[dataset.label(index)].emplace_back(random.uniform(), index);
  }
  SplitIndices split;
  for (auto& [label, members] : drawn) {
    std::sort(members.begin(), members.end());
    const auto fifth = std::lround(static_cast<double>(members.size()) / 5);
    const auto tests = members.size() < 2 ? 0 : std::max<std::int64_t>(1, fifth);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(members.size()); ++i) {
      (i < tests ? split.test : split.train).push_back(members[static_cast<std::size_t>(i)].second);
    }
  }
  std::sort(split.train.begin(), split.train.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

}  // namespace dbot::data
