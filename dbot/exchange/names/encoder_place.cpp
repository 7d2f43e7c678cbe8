#include "dbot/exchange/names/encoder_place.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace dbot::exchange {
namespace {

/// A tensor that is in every file of a family and in no other part of it.
constexpr std::array<std::string_view, 4> kAnchors{"patch_embed.proj.weight",
                                                   "embeddings.patch_embeddings.projection.weight",
                                                   "class_embedding", "embeddings.class_embedding"};

/// Prefixes under which the name would be an encoder's anchor.
std::set<std::string> prefixes_of(const std::vector<std::string>& names) {
  std::set<std::string> prefixes;
  for (const std::string& name : names) {
    std::string_view longest;
    for (const std::string_view anchor : kAnchors) {
      const bool ends = name.ends_with(anchor) && (name.size() == anchor.size() ||
                                                   name[name.size() - anchor.size() - 1] == '.');
      if (ends && anchor.size() > longest.size()) longest = anchor;
    }
    if (!longest.empty()) prefixes.insert(name.substr(0, name.size() - longest.size()));
  }
  return prefixes;
}

/// Lower is better.
int rank_of(std::string_view prefix) {
  int rank = 0;
  while (!prefix.empty()) {
    const std::string_view nest = prefix.substr(0, prefix.find('.'));
    prefix.remove_prefix(nest.size() + 1);
    // Averages of weights, and networks that only accompany the one that is trained.
    const bool average = nest == "ema" || nest.starts_with("ema_") || nest.ends_with("_ema") ||
                         nest.find("momentum") != std::string_view::npos;
    if (average) rank += 100;
    // DINO evaluates its teacher.
    if (nest == "student") rank += 10;
    ++rank;
  }
  return rank;
}

}  // namespace

std::vector<EncoderPlace> find_encoders(const std::vector<std::string>& names,
                                        const std::optional<std::string>& key) {
  std::vector<std::pair<int, EncoderPlace>> found;
  for (const std::string& prefix : prefixes_of(names)) {
    const std::string wanted = key ? *key + "." : "";
    if (!prefix.starts_with(wanted)) continue;
    std::vector<std::string> below;
    for (auto name = std::ranges::lower_bound(names, prefix);
         name != names.end() && name->starts_with(prefix); ++name) {
      below.push_back(name->substr(prefix.size()));
    }
    found.push_back({rank_of(prefix), {prefix, style_of(below)}});
  }
  std::ranges::stable_sort(found, {}, &std::pair<int, EncoderPlace>::first);
  std::vector<EncoderPlace> places;
  for (auto& [rank, place] : found) places.push_back(std::move(place));
  return places;
}

}  // namespace dbot::exchange
