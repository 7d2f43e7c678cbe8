#include "dbot/exchange/names/encoder_place.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "dbot/exchange/names/plain_names.h"

namespace dbot::exchange {
namespace {

/// A tensor that is in every file of a family and in no other part of it.
constexpr std::array<std::string_view, 6> kAnchors{"patch_embed.proj.weight",
                                                   "embeddings.patch_embeddings.projection.weight",
                                                   "embeddings.patch_embeddings.weight",
                                                   "embeddings.patch_embedding.weight",
                                                   "class_embedding",
                                                   "embeddings.class_embedding"};

/// The beginning of `name` that holds so many parts beside wrappers, and the wrappers behind them.
std::string_view beginning(std::string_view name, std::ptrdiff_t parts) {
  std::size_t end = 0;
  while (end < name.size()) {
    const std::string_view part = name.substr(end, name.find('.', end) - end);
    if (!is_wrapper(part) && parts-- == 0) break;
    end = std::min(end + part.size() + 1, name.size());
  }
  return name.substr(0, end);
}

using Places = std::map<std::string, EncoderPlace, std::less<>>;  // by prefix

/// Prefixes under which a name would be an encoder's anchor.
Places places_in(const std::vector<std::string>& names) {
  Places places;
  for (const std::string& name : names) {
    const std::string plain = without_wrappers(name);
    std::string_view longest;
    for (const std::string_view anchor : kAnchors) {
      const bool ends = plain.ends_with(anchor) && (plain.size() == anchor.size() ||
                                                    plain[plain.size() - anchor.size() - 1] == '.');
      if (ends && anchor.size() > longest.size()) longest = anchor;
    }
    if (longest.empty()) continue;
    const auto before = std::string_view(plain).substr(0, plain.size() - longest.size());
    const auto prefix = beginning(name, std::ranges::count(before, '.'));
    places.try_emplace(std::string(prefix)).first->second.prefix = prefix;
  }
  return places;
}

/// Whether one of the words between underscores is this one.
bool has_word(std::string_view nest, std::string_view word) {
  while (!nest.empty()) {
    const std::string_view first = nest.substr(0, nest.find('_'));
    if (first == word) return true;
    nest.remove_prefix(std::min(first.size() + 1, nest.size()));
  }
  return false;
}

/// Lower is better.
int rank_of(std::string_view prefix) {
  int rank = 0;
  while (!prefix.empty()) {
    const std::string_view nest = prefix.substr(0, prefix.find('.'));
    prefix.remove_prefix(nest.size() + 1);
    // Averages of weights, and networks that only accompany the one that is trained.
    if (has_word(nest, "ema") || nest.find("momentum") != std::string_view::npos) rank += 100;
    // DINO evaluates its teacher, as do those that name the two student_… and teacher_….
    if (has_word(nest, "student")) rank += 10;
    ++rank;
  }
  return rank;
}

/// `--key` may leave out wrappers; a key of wrappers alone is meant as it stands.
bool lies_below(const std::string& prefix, const std::string& key) {
  if (prefix.starts_with(key + ".")) return true;
  const std::string plain = without_wrappers(key + ".");
  return !plain.empty() && without_wrappers(prefix).starts_with(plain);
}

/// Of all places above a tensor the deepest; null if there is none.
EncoderPlace* owner_of(std::string_view name, Places& places) {
  for (auto end = name.rfind('.'); end != std::string_view::npos && end > 0;
       end = name.rfind('.', end - 1)) {
    const auto place = places.find(name.substr(0, end + 1));
    if (place != places.end()) return &place->second;
  }
  const auto root = places.find(std::string_view());
  return root == places.end() ? nullptr : &root->second;
}

void name_plainly(EncoderPlace& place) {
  std::vector<std::string> plain;
  for (const PlacedTensor& tensor : place.below) plain.push_back(tensor.plain);
  place.style = style_of(plain);
  number_blocks(plain);
  for (std::size_t i = 0; i < plain.size(); ++i) place.below[i].plain = std::move(plain[i]);
}

}  // namespace

std::vector<EncoderPlace> find_encoders(const std::vector<std::string>& names,
                                        const std::optional<std::string>& key) {
  Places places = places_in(names);
  for (const std::string& name : names) {
    EncoderPlace* owner = owner_of(name, places);
    if (owner == nullptr) continue;
    owner->below.push_back({name, without_wrappers(name.substr(owner->prefix.size()))});
  }
  std::vector<EncoderPlace> found;
  for (auto& [prefix, place] : places) {
    if (key && !lies_below(prefix, *key)) continue;
    name_plainly(place);
    found.push_back(std::move(place));
  }
  std::ranges::stable_sort(found, {},
                           [](const EncoderPlace& place) { return rank_of(place.prefix); });
  return found;
}

}  // namespace dbot::exchange
