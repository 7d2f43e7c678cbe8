#include "dbot/data/sources/tar/tar_samples.h"

#include <algorithm>
#include <cctype>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace dbot::data {
namespace {

/// Where the last part of a path begins.
std::size_t base_of(std::string_view name) {
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

bool is_npy(std::string_view name) {
  constexpr std::string_view kEnding = ".npy";
  return name.size() > kEnding.size() &&
         std::ranges::equal(name.substr(name.size() - kEnding.size()), kEnding,
                            [](unsigned char a, char b) { return std::tolower(a) == b; });
}

/// Images without a label take those of `chosen` that have their name, by `name_of`.
template <typename NameOf>
void match_by(const NameOf& name_of, std::span<TarLabel* const> chosen,
              std::vector<TarImage>& images, bool own) {
  struct Alike {
    std::vector<TarLabel*> labels;
    std::size_t next = 0;
  };
  std::unordered_map<std::string_view, Alike> by_name;
  for (auto* label : chosen) by_name[name_of(label->name)].labels.push_back(label);
  if (by_name.empty()) return;
  for (auto& image : images) {
    if (!image.label.empty()) continue;
    const auto found = by_name.find(name_of(image.name));
    if (found == by_name.end()) continue;
    auto& [labels, next] = found->second;
    TarLabel& label = *labels[std::min(next++, labels.size() - 1)];
    image.label = label.label;
    label.used = true;
    label.own |= own;
  }
}

}  // namespace

std::string_view stem_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot < base_of(name) ? name : name.substr(0, dot);
}

std::string_view sample_key(std::string_view name) {
  return name.substr(0, name.find('.', base_of(name)));
}

void match_labels(std::vector<TarLabel>& labels, std::vector<TarImage>& images) {
  if (labels.empty() || images.empty()) return;
  for (const bool json : {false, true}) {
    std::vector<TarLabel*> all, of_key;
    for (auto& label : labels) {
      if (label.json != json || label.own) continue;
      all.push_back(&label);
      if (stem_of(label.name) == sample_key(label.name)) of_key.push_back(&label);
    }
    match_by(stem_of, all, images, /*own=*/true);
    match_by(sample_key, of_key, images, /*own=*/false);
  }
}

std::int64_t drop_companions(std::vector<TarImage>& images) {
  const auto has_dots = [](const TarImage& image) {
    return stem_of(image.name) != sample_key(image.name);
  };
  const bool any = std::ranges::any_of(
      images, [&](const TarImage& image) { return has_dots(image) || is_npy(image.name); });
  if (!any) return 0;
  std::unordered_set<std::string> stems, keys;  // of images that may have companions
  for (const auto& image : images) {
    stems.emplace(stem_of(image.name));
    if (!is_npy(image.name)) keys.emplace(sample_key(image.name));
  }
  const auto accompanies = [&](const TarImage& image) {
    if (is_npy(image.name) && keys.contains(std::string(sample_key(image.name)))) return true;
    auto stem = stem_of(image.name);
    for (auto dot = stem.rfind('.'); dot != std::string_view::npos && dot >= base_of(stem);
         dot = stem.rfind('.')) {
      stem = stem.substr(0, dot);
      if (stems.contains(std::string(stem))) return true;
    }
    return false;
  };
  return static_cast<std::int64_t>(std::erase_if(images, accompanies));
}

}  // namespace dbot::data
