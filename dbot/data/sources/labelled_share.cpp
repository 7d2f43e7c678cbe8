#include "dbot/data/sources/labelled_share.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/core/random.h"

namespace dbot::data {
namespace {

constexpr std::string_view kPerClass = "-per-class";

using Members = std::map<std::int64_t, std::vector<std::int64_t>>;

template <typename Number>
std::optional<Number> whole_text_as(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

[[noreturn]] void refuse_share(const std::string& text) {
  throw UsageError({.operation = "labels",
                    .subject = text,
                    .reason = "is no share of the training labels, expected one above 0 and up to "
                              "1 (0.1, 10%), or 1 or more of each class (5-per-class)"});
}

Members members_of(const Dataset& dataset) {
  Members members;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    const std::int64_t label = dataset.label(i);
    if (label >= 0) members[label].push_back(i);
  }
  return members;
}

/// A class that is named and has no sample counts as one of too few.
void require_enough(const Dataset& dataset, const Members& members, std::int64_t per_class) {
  std::int64_t fewest = per_class, too_small = 0;
  std::string smallest;
  const auto& names = dataset.classes();
  for (std::size_t label = 0; label < names.size(); ++label) {
    const auto found = members.find(static_cast<std::int64_t>(label));
    const auto size = found == members.end() ? 0 : static_cast<std::int64_t>(found->second.size());
    if (size >= per_class) continue;
    ++too_small;
    if (size >= fewest) continue;
    fewest = size;
    smallest = names[label];
  }
  if (too_small == 0) return;
  throw DataError({.operation = "labels",
                   .subject = fmt::format("class \"{}\"", smallest),
                   .fault = Fault::too_large,
                   .reason = fmt::format("has {} labelled training images, fewer than the {} of "
                                         "each class that are asked for, as have {} of {} classes",
                                         fewest, per_class, too_small, names.size()),
                   .way_out = fewest > 0 ? fmt::format("ask for at most {} of each", fewest)
                                         : "ask for a share instead, such as 10%"});
}

std::int64_t wanted_of(std::int64_t size, const LabelledShare& share) {
  if (share.per_class > 0) return share.per_class;
  return std::clamp<std::int64_t>(std::llround(share.share * static_cast<double>(size)), 1, size);
}

}  // namespace

std::optional<LabelledShare> parse_labelled_share(const std::string& text) {
  const std::string_view all = text;
  LabelledShare share;
  if (all.ends_with(kPerClass)) {
    const auto count = whole_text_as<std::int64_t>(all.substr(0, all.size() - kPerClass.size()));
    if (!count) return std::nullopt;
    if (*count < 1) refuse_share(text);
    share.per_class = *count;
    return share;
  }
  const bool percent = all.ends_with('%');
  const auto number = whole_text_as<double>(percent ? all.substr(0, all.size() - 1) : all);
  if (!number) return std::nullopt;
  share.share = percent ? *number / 100 : *number;
  if (!(share.share > 0 && share.share <= 1)) refuse_share(text);
  return share;
}

std::string to_text(const LabelledShare& share) {
  if (share.per_class == 1) return "1 label a class";
  if (share.per_class > 0) return fmt::format("{} labels a class", share.per_class);
  return share.all() ? "all labels" : fmt::format("{:.6g}% of the labels", 100 * share.share);
}

std::vector<std::int64_t> draw_labelled(const Dataset& dataset, const LabelledShare& share,
                                        std::uint64_t seed) {
  const Members members = members_of(dataset);
  if (share.per_class > 0) require_enough(dataset, members, share.per_class);
  std::vector<std::int64_t> chosen;
  for (const auto& [label, indices] : members) {
    const auto size = static_cast<std::int64_t>(indices.size());
    const auto order =
        core::permutation({seed, core::Purpose::split, static_cast<std::uint32_t>(label), 2}, size);
    for (std::int64_t i = 0; i < wanted_of(size, share); ++i) {
      chosen.push_back(indices[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

HeldOut hold_out(const Dataset& dataset, double share, std::uint64_t seed) {
  std::vector<bool> is_held_out(static_cast<std::size_t>(dataset.size()));
  for (const auto& [label, indices] : members_of(dataset)) {
    const auto size = static_cast<std::int64_t>(indices.size());
    if (size < 2) continue;
    const std::int64_t wanted = std::min(wanted_of(size, {.share = share}), size - 1);
    const auto order =
        core::permutation({seed, core::Purpose::split, static_cast<std::uint32_t>(label), 3}, size);
    for (std::int64_t i = 0; i < wanted; ++i) {
      const auto place = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
      is_held_out[static_cast<std::size_t>(indices[place])] = true;
    }
  }
  HeldOut parts;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    (is_held_out[static_cast<std::size_t>(i)] ? parts.held_out : parts.kept).push_back(i);
  }
  return parts;
}

}  // namespace dbot::data
