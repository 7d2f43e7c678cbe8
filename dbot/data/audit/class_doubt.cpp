#include "dbot/data/audit/class_doubt.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <functional>
#include <set>

#include "dbot/core/error.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/folder/few_values.h"

namespace dbot::data {
namespace {

constexpr std::size_t kMostNamed = 12;
constexpr std::size_t kMostLookedInto = 32;  // classes
constexpr std::int64_t kImagesOfAClass = 6;

/// Words that are counted where people number what they photographed, not what is in it.
constexpr std::array<std::string_view, 38> kCounted{
    "shoot",   "shooting", "session", "batch", "roll", "day",   "trip",  "folder",
    "album",   "camera",   "cam",     "film",  "scan", "chunk", "shard", "split",
    "seq",     "sequence", "video",   "clip",  "run",  "week",  "month", "part",
    "series",  "visit",    "flight",  "dive",  "img",  "dsc",   "dscn",  "dcim",
    "patient", "subject",  "case",    "lot",   "set",  "upload"};

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

bool is_year(std::string_view text) {
  return text.size() == 4 && all_digits(text) && (text.starts_with("19") || text.starts_with("20"));
}

/// "2021-05-03", "20210503", "2021_05", and these with something behind them.
bool begins_with_date(std::string_view text) {
  if (text.size() < 6 || !is_year(text.substr(0, 4))) return false;
  const bool apart = std::string_view("-_. ").find(text[4]) != std::string_view::npos;
  const auto month = text.substr(apart ? 5 : 4, 2);
  if (!all_digits(month) || month < "01" || month > "12") return false;
  return apart || (text.size() >= 8 && all_digits(text.substr(6, 2)));
}

/// "shoot_12", "Session 3", "roll-007"; "100CANON" and "101_0504" as cameras name their folders.
bool is_counted(std::string_view text) {
  const auto digits = text.find_first_of("0123456789");
  if (digits == std::string_view::npos) return false;
  if (digits == 0) {
    return text.size() == 8 && all_digits(text.substr(0, 3)) && !all_digits(text);
  }
  std::string word;
  for (const char letter : text.substr(0, digits)) {
    if (std::isalpha(static_cast<unsigned char>(letter)) == 0) continue;
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return all_digits(text.substr(digits)) && std::ranges::find(kCounted, word) != kCounted.end();
}

/// Numbers that are not those of classes, which count from 0 or 1.
bool are_shoot_numbers(const std::vector<std::string>& names) {
  if (!std::ranges::all_of(names, [](const auto& name) { return all_digits(name); })) return false;
  const bool long_ones =
      std::ranges::all_of(names, [](const auto& name) { return name.size() >= 3; });
  std::set<std::string_view> plain(names.begin(), names.end());
  const bool from_start = plain.contains("0") || plain.contains("1");
  return long_ones && !from_start;
}

std::string doubt_about_names(const std::vector<std::string>& names) {
  const auto all = [&](bool (*holds)(std::string_view)) {
    return std::ranges::all_of(names, [&](const auto& name) { return holds(name); });
  };
  if (all(is_year)) return "look like years";
  if (all([](std::string_view name) { return is_year(name) || begins_with_date(name); })) {
    return "look like dates";
  }
  const auto counted = [](std::string_view name) {
    return is_counted(name) || is_year(name) || begins_with_date(name);
  };
  if (all(counted) || are_shoot_numbers(names)) return "look like numbers of shoots";
  return "";
}

/// Whether the images of a class that are looked at are all index masks, none, or some.
enum class Masks { none, some, all };

Masks masks_among(const Dataset& images, const std::vector<std::int64_t>& members) {
  std::int64_t masks = 0, read = 0;
  const auto count = std::min<std::int64_t>(kImagesOfAClass, std::ssize(members));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i * std::ssize(members) / count);
    try {
      const auto load = [&](const PixelFormat& format) {
        return load_image(images, members[at], format);
      };
      masks += has_few_values(load) ? 1 : 0;
      ++read;
    } catch (const Error&) {  // the loader says what is wrong with it
    }
  }
  if (masks == 0) return Masks::none;
  return masks == read ? Masks::all : Masks::some;
}

}  // namespace

std::string classes_text(const std::vector<std::string>& classes, std::string_view from) {
  std::vector<std::string> shown = classes;
  if (shown.size() > kMostNamed) {
    shown.resize(kMostNamed - 2);
    shown.push_back("…");
    shown.push_back(classes.back());
  }
  return fmt::format("{} classes by {}: {}", classes.size(), from, fmt::join(shown, ", "));
}

std::string doubt_about_masks(const Dataset& images) {
  const auto& names = images.classes();
  if (names.size() < 2 || names.size() > kMostLookedInto) return "";
  std::vector<std::vector<std::int64_t>> members(names.size());
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const auto label = images.label(i);
    if (label >= 0) members[static_cast<std::size_t>(label)].push_back(i);
  }
  std::vector<std::string_view> masks;
  bool others = false;
  for (std::size_t c = 0; c < names.size(); ++c) {
    const auto found = masks_among(images, members[c]);
    if (found == Masks::all) masks.push_back(names[c]);
    others = others || (found == Masks::none && !members[c].empty());
  }
  if (masks.empty() || !others) return "";
  return fmt::format(
      "are not of one kind: {} {} index masks or drawings of few values, not "
      "photographs",
      fmt::join(masks, ", "), masks.size() == 1 ? "holds" : "hold");
}

std::string doubt_about_classes(const Dataset& images) {
  if (images.classes().size() < 2) return "";
  auto doubt = doubt_about_names(images.classes());
  return doubt.empty() ? doubt_about_masks(images) : doubt;
}

}  // namespace dbot::data
