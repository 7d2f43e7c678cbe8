#include "dbot/data/audit/set_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/part_names.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// Images that stay together, and the draw that orders them.
struct Unit {
  double draw = 0;
  std::vector<std::int64_t> images;
  bool operator<(const Unit& other) const {
    return std::pair(draw, images) < std::pair(other.draw, other.images);
  }
};

void check_shares(const SetSplitConfig& config) {
  const bool sound = config.test >= 0 && config.val >= 0 && config.test + config.val > 0 &&
                     config.test + config.val < 1;
  if (!sound) {
    throw UsageError(
        fmt::format("[data split] the test share is {} and that of val {}, expected shares of 0 to "
                    "1 that leave "
                    "something to train on",
                    config.test, config.val));
  }
}

/// By class, or all in one.
std::map<int, std::vector<Unit>> strata(const AuditedSet& set,
                                        const std::vector<std::int64_t>& images,
                                        const std::vector<CopyGroup>& groups,
                                        const SetSplitConfig& config) {
  std::unordered_map<std::int64_t, std::int64_t> group_of;
  for (std::int64_t group = 0; group < std::ssize(groups); ++group) {
    for (const auto& member : groups[static_cast<std::size_t>(group)].members) {
      group_of[member.image] = group;
    }
  }
  std::map<int, std::vector<Unit>> result;
  std::unordered_map<std::int64_t, std::pair<int, std::size_t>> unit_of;  // of a group
  for (const auto image : images) {
    const auto group = group_of.find(image);
    if (group != group_of.end()) {
      if (const auto known = unit_of.find(group->second); known != unit_of.end()) {
        result[known->second.first][known->second.second].images.push_back(image);
        continue;
      }
    }
    const int stratum = config.by_class ? set.label(image) : -1;
    core::Random random({.seed = config.seed,
                         .purpose = core::Purpose::split,
                         .sample = core::name_key(set.name(image))});
    auto& units = result[stratum];
    if (group != group_of.end()) unit_of[group->second] = {stratum, units.size()};
    units.push_back({random.uniform(), {image}});
  }
  return result;
}

/// Images of a stratum that a part is to get.
std::int64_t wanted(double share, std::int64_t images) {
  if (share <= 0 || images < 2) return 0;
  return std::max<std::int64_t>(1, std::lround(share * static_cast<double>(images)));
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char letter : field) {
    text += letter;
    if (letter == '"') text += '"';
  }
  return text + '"';
}

fs::path own_path(const AuditedSet& set, std::int64_t image) {
  const auto& part = set.part_of(image);
  return part.images->name(image - part.begin);
}

}  // namespace

SetSplit split_set(const AuditedSet& set, const std::vector<std::int64_t>& images,
                   const std::vector<CopyGroup>& groups, const SetSplitConfig& config) {
  check_shares(config);
  SetSplit split;
  for (auto& [label, units] : strata(set, images, groups, config)) {
    std::ranges::sort(units, std::less());
    std::int64_t count = 0;
    for (const auto& unit : units) count += std::ssize(unit.images);
    auto for_test = wanted(config.test, count), for_val = wanted(config.val, count);
    for (const auto& unit : units) {
      const auto size = std::ssize(unit.images);
      auto* part = &split.train;
      if (size <= for_test) {
        part = &split.test;
        for_test -= size;
      } else if (size <= for_val) {
        part = &split.val;
        for_val -= size;
      }
      part->insert(part->end(), unit.images.begin(), unit.images.end());
    }
  }
  for (auto* part : {&split.train, &split.val, &split.test}) std::ranges::sort(*part);
  if (split.train.empty()) {
    throw DataError({.operation = "data split",
                     .fault = Fault::empty,
                     .reason = fmt::format("{} images leave nothing to train on", images.size())});
  }
  return split;
}

std::string list_text(const AuditedSet& set, const std::vector<std::int64_t>& images,
                      const fs::path& folder) {
  const bool labelled = !set.classes().empty();
  const fs::path here = fs::absolute(folder).lexically_normal();
  std::string text = labelled ? "path,label\n" : "path\n";
  for (const auto image : images) {
    const auto path = fs::absolute(own_path(set, image)).lexically_normal();
    text += quoted(path.lexically_relative(here).string());
    if (const int label = set.label(image); labelled) {
      text += "," + (label < 0 ? "" : quoted(set.classes()[static_cast<std::size_t>(label)]));
    }
    text += '\n';
  }
  return text;
}

void link_images(const AuditedSet& set, const std::vector<std::int64_t>& images,
                 const fs::path& folder) {
  for (const auto image : images) {
    const auto& part = set.part_of(image);
    auto name = set.name(image);
    const auto own = class_folder(name);
    if (!part.name.empty() && part_of_folder(own) != PartWord::none) {
      name.erase(0, own.size() + 1);
    }
    const fs::path link = folder / name;
    std::error_code error;
    fs::create_directories(link.parent_path(), error);
    if (!error) fs::create_symlink(fs::absolute(own_path(set, image)), link, error);
    if (error) {
      throw Error(
          fmt::format("[data split] {} cannot be made: {}", link.string(), error.message()));
    }
  }
}

}  // namespace dbot::data
