#include "dbot/data/sources/paths/part_folders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "dbot/data/sources/folder/own_output.h"
#include "dbot/data/sources/folder/visible_entries.h"
#include "dbot/data/sources/pack/pack_index.h"
#include "dbot/data/sources/part_names.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr std::size_t kMostLookedInto = 16;  // folders that might be around parts

/// The folders in a folder, as far as parts may be told by them.
struct FoldersWithin {
  Names with_part_words;         // whose names hold a part's word, by name
  std::vector<fs::path> around;  // the first few of all: they might be around parts
};

FoldersWithin folders_within(const fs::path& folder, Content content) {
  FoldersWithin result;
  see_visible(folder, [&result, content](const fs::directory_entry& entry) {
    std::string name = entry.path().filename().string();
    const bool like_sample = has_extension_of(content, name);
    const bool enough = result.around.size() >= kMostLookedInto;
    std::error_code ignored;
    if ((like_sample && enough) || !entry.is_directory(ignored)) return true;
    if (!enough) result.around.push_back(entry.path());
    if (like_sample || part_in_name(name) == PartWord::none) return true;
    // The parts of a pack are packs.
    const bool pack = fs::exists(entry.path() / kPackIndexName, ignored);
    if (pack || !is_own_output(entry.path())) result.with_part_words.push_back(std::move(name));
    return true;
  });
  std::ranges::sort(result.with_part_words);
  return result;
}

/// The folder for a part, and those that might be it as well.
struct Candidates {
  fs::path chosen;
  Names others;
  bool ambiguous = false;  // none has a more usual name than the others
};

Candidates choose(const fs::path& folder, const Names& names, PartWord part) {
  Candidates result;
  Names found;
  std::ranges::copy_if(names, std::back_inserter(found),
                       [&](const auto& name) { return part_of_folder(name) == part; });
  if (found.empty()) return result;
  std::ranges::stable_sort(found, {}, [](const auto& name) { return unusualness(name); });
  result.ambiguous = found.size() > 1 && unusualness(found[0]) == unusualness(found[1]);
  if (!result.ambiguous) result.chosen = folder / found.front();
  result.others.assign(found.begin() + (result.ambiguous ? 0 : 1), found.end());
  return result;
}

std::string listed(const Names& names) {
  return fmt::format("{}/", fmt::join(names, "/, "));
}

/// True for folders of images or of class folders; archives and Parquet files are found and
/// divided further down (data_below.h).
bool holds_samples(const fs::path& folder, Content content) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (has_extension_of(content, entry->path().filename().string()) ||
        entry->is_directory(ignored)) {
      return true;
    }
  }
  return false;
}

/// "train/" beside "holdout/" alone, which is not understood. Among several others "train" may well
/// be a class, of vehicles.
void warn_of_one_part(const fs::path& folder, const Names& names,
                      const std::vector<fs::path>& around, Content content, const core::Log& log) {
  Names others;
  for (const auto& path : around) {
    auto name = path.filename().string();
    if (name != names.front() && !is_own_output(path)) others.push_back(std::move(name));
  }
  if (others.size() != 1 || !holds_samples(folder / others.front(), content)) return;
  log(core::LogLevel::warning,
      fmt::format("[data] {}: {}/ looks like a part of a data set, {}/ beside it does not: they "
                  "are read together, as classes. If they are parts, call one of them train and "
                  "one val, or name the one to train on",
                  folder.string(), names.front(), others.front()));
}

void warn_of_unknown_parts(const fs::path& folder, const FoldersWithin& within, Content content,
                           const core::Log& log) {
  const auto& names = within.with_part_words;
  std::array<int, 4> count{};
  for (const auto& name : names) ++count[static_cast<std::size_t>(part_in_name(name))];
  const bool looks_divided = (count[1] > 0) + (count[2] > 0) + (count[3] > 0) > 1;
  if (!looks_divided) {
    const bool one = names.size() == 1 && part_of_folder(names.front()) != PartWord::none;
    if (one) warn_of_one_part(folder, names, within.around, content, log);
    return;
  }
  log(core::LogLevel::warning,
      fmt::format("[data] {}: the folders {} look like parts of a data set, but are read as "
                  "folders of images like any other: what is meant for evaluation is trained on. "
                  "Call one of them train and one val, or name the one to train on",
                  folder.string(), listed(names)));
}

/// The part beside train/ in a folder; empty where it is not divided so.
std::string part_beside_train(const fs::path& folder, Content content) {
  std::error_code ignored;
  if (!fs::is_directory(folder / "train", ignored) || is_own_output(folder)) return {};
  if (!holds_samples(folder / "train", content)) return {};
  for (const char* other : {"val", "valid", "validation", "test"}) {
    if (fs::is_directory(folder / other, ignored)) return other;
  }
  return {};
}

/// "images/" with train/ and val/ in it, where the folder around it was named; or "cat/" and "dog/"
/// with both in each.
void warn_of_parts_further_down(const fs::path& folder, const std::vector<fs::path>& around,
                                Content content, const core::Log& log) {
  Names divided;
  std::string other;
  for (const auto& path : around) {
    const auto part = part_beside_train(path, content);
    if (part.empty()) continue;
    if (other.empty()) other = part;
    divided.push_back(path.filename().string());
  }
  if (divided.empty()) return;
  std::ranges::sort(divided);
  const auto& first = divided.front();
  const auto way_out =
      divided.size() == 1
          ? fmt::format("name {} to train on train/ alone", (folder / first).string())
          : fmt::format("put the parts around the classes, as in train/{}/", first);
  log(core::LogLevel::warning,
      fmt::format("[data] {}: {} {} train/ and {}/ in it, which are read together; {}",
                  folder.string(), listed(divided), divided.size() == 1 ? "has" : "have each",
                  other, way_out));
}

}  // namespace

PartFolders find_part_folders(const fs::path& folder, const core::Log& log, Content content) {
  const auto within = folders_within(folder, content);
  const auto& names = within.with_part_words;
  const auto train = choose(folder, names, PartWord::train);
  const auto val = choose(folder, names, PartWord::val);
  const auto test = choose(folder, names, PartWord::test);
  PartFolders parts{train.chosen, val.chosen, test.chosen};
  if (!parts.divided()) {
    warn_of_unknown_parts(folder, within, content, log);
    if (names.empty()) warn_of_parts_further_down(folder, within.around, content, log);
    return parts;
  }
  for (const auto* one : {&train, &val, &test}) {
    if (one->others.empty()) continue;
    log(core::LogLevel::warning,
        fmt::format("[data] {}: {} left out; {}", folder.string(),
                    listed(one->others) + (one->others.size() == 1 ? " is" : " are"),
                    one->ambiguous ? "each might be the same part"
                                   : one->chosen.filename().string() + "/ is that part"));
  }
  return parts;
}

}  // namespace dbot::data
