#include "dbot/data/audit/set_channels.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "dbot/data/audit/survey/examiner.h"

namespace dbot::data {
namespace {

constexpr int kRgb = 3;
constexpr std::int64_t kMostTried = 256;

}  // namespace

int most_frequent_channels(const std::vector<ImageFacts>& facts) {
  std::map<int, std::int64_t> counts;
  for (const auto& one : facts) {
    if (one.stored.channels > 0) ++counts[one.stored.colours()];
  }
  if (counts.empty()) return kRgb;
  return std::ranges::max_element(counts, {}, [](const auto& one) { return one.second; })->first;
}

int channels_of(const AuditedSet& set) {
  MemoryBudget budget(0);  // of pixels, which are not decoded
  Examiner examiner(kAnyChannels, /*pixels=*/false, budget);
  const auto count = std::min(set.size(), kMostTried);
  std::vector<ImageFacts> facts;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t image = i * set.size() / count;
    const auto& part = set.part_of(image);
    facts.push_back(examiner.examine(*part.images, image - part.begin));
  }
  const int channels = most_frequent_channels(facts);
  return channels == 1 ? kRgb : channels;
}

}  // namespace dbot::data
