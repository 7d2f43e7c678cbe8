#include "dbot/exchange/convolution/convolution_names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "dbot/exchange/names/plain_names.h"

namespace dbot::exchange {
namespace {

/// Begins of names below a network's place, and torchvision's in their place. Un-Mix' network is
/// one sequence: convolution, BatchNorm, ReLU, four stages, pooling, flattening, matrix.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNumbered{{
    {"net.0.", "conv1."},
    {"net.1.", "bn1."},
    {"net.3.", "layer1."},
    {"net.4.", "layer2."},
    {"net.5.", "layer3."},
    {"net.6.", "layer4."},
    {"net.9.", "fc."},
}};

/// What only the first layers of such networks are called, and what has to stand beside it.
struct Mark {
  std::string_view first;
  std::array<std::string_view, 2> beside;
};
constexpr std::array<Mark, 3> kMarks{{
    {"conv1.weight", {"bn1.running_mean", "layer1.0.conv1.weight"}},
    {"net.0.weight", {"net.1.running_mean", "net.3.0.conv1.weight"}},
    {"features.0.weight", {"features.1.running_mean", "features.1.weight"}},
}};

using NamesByPlain = std::map<std::string, std::string>;

std::string renumbered(const std::string& name) {
  for (const auto& [number, plain] : kNumbered) {
    if (name.starts_with(number)) return std::string(plain) + name.substr(number.size());
  }
  return name;
}

/// "encoder_q." of "encoder_q.conv1.weight", if a network begins there.
std::optional<std::string> prefix_of(const std::string& plain, const NamesByPlain& names) {
  for (const Mark& mark : kMarks) {
    if (!plain.ends_with(mark.first)) continue;
    std::string prefix = plain.substr(0, plain.size() - mark.first.size());
    if (!prefix.empty() && prefix.back() != '.') continue;
    const bool whole = std::ranges::all_of(mark.beside, [&](std::string_view name) {
      return names.contains(prefix + std::string(name));
    });
    if (whole) return prefix;
  }
  return std::nullopt;
}

/// Moving averages, which the network that learns goes before.
bool is_average(std::string_view key) {
  constexpr std::array<std::string_view, 6> kWords{"encoder_k", "key", "teacher",
                                                   "momentum",  "ema", "target"};
  return std::ranges::any_of(
      kWords, [key](std::string_view word) { return key.find(word) != std::string_view::npos; });
}

}  // namespace

std::vector<ConvolutionPlace> find_convolutions(const std::vector<std::string>& names,
                                                const std::optional<std::string>& key) {
  NamesByPlain plain;
  for (const std::string& name : names) plain.emplace(without_wrappers(name), name);
  std::vector<ConvolutionPlace> places;
  for (const auto& [name, full] : plain) {
    const auto prefix = prefix_of(name, plain);
    if (!prefix) continue;
    ConvolutionPlace place{.key = prefix->empty() ? "" : prefix->substr(0, prefix->size() - 1),
                           .names = {}};
    if (key && place.key != without_wrappers(*key)) continue;
    for (auto below = plain.lower_bound(*prefix);
         below != plain.end() && below->first.starts_with(*prefix); ++below) {
      place.names.emplace(renumbered(below->first.substr(prefix->size())), below->second);
    }
    places.push_back(std::move(place));
  }
  std::ranges::stable_sort(places, {}, [](const ConvolutionPlace& place) {
    return std::pair(is_average(place.key), place.key.size());
  });
  return places;
}

}  // namespace dbot::exchange
