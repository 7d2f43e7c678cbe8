#include "dbot/data/sources/part_folders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "dbot/data/image/codec.h"
#include "dbot/data/sources/folder/own_output.h"
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

/// One pass, since a folder may hold a million images.
FoldersWithin folders_within(const fs::path& folder) {
  FoldersWithin result;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    const bool like_image = has_image_extension(name);
    const bool enough = result.around.size() >= kMostLookedInto;
    std::error_code ignored;
    if (name.front() == '.' || (like_image && enough) || !entry->is_directory(ignored)) continue;
    if (!enough) result.around.push_back(entry->path());
    if (like_image || part_in_name(name) == PartWord::none) continue;
    // The parts of a pack are packs.
    const bool pack = fs::exists(entry->path() / kPackIndexName, ignored);
    if (!pack && is_own_output(entry->path())) continue;
    result.with_part_words.push_back(std::move(name));
  }
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

void warn_of_unknown_parts(const fs::path& folder, const Names& names, const core::Log& log) {
  std::array<int, 4> count{};
  for (const auto& name : names) ++count[static_cast<std::size_t>(part_in_name(name))];
  const bool looks_divided = (count[1] > 0) + (count[2] > 0) + (count[3] > 0) > 1;
  if (!looks_divided) return;
  log(core::LogLevel::warning,
      fmt::format("[data] {}: the folders {} look like parts of a data set, but are read as "
                  "folders of images like any other: what is meant for evaluation is trained on. "
                  "Call one of them train and one val, or name the one to train on",
                  folder.string(), listed(names)));
}

/// "images/" with train/ and val/ in it, where the folder around it was named.
void warn_of_parts_further_down(const fs::path& folder, const std::vector<fs::path>& around,
                                const core::Log& log) {
  for (const auto& path : around) {
    std::error_code ignored;
    if (!fs::is_directory(path / "train", ignored) || is_own_output(path)) continue;
    for (const char* other : {"val", "valid", "validation", "test"}) {
      if (!fs::is_directory(path / other, ignored)) continue;
      log(core::LogLevel::warning,
          fmt::format("[data] {}: holds {}/ with train/ and {}/ in it, which are read together; "
                      "name {} to train on train/ alone",
                      folder.string(), path.filename().string(), other, path.string()));
      return;
    }
  }
}

}  // namespace

PartFolders find_part_folders(const fs::path& folder, const core::Log& log) {
  const auto [names, around] = folders_within(folder);
  const auto train = choose(folder, names, PartWord::train);
  const auto val = choose(folder, names, PartWord::val);
  const auto test = choose(folder, names, PartWord::test);
  PartFolders parts{train.chosen, val.chosen, test.chosen};
  if (!parts.divided()) {
    warn_of_unknown_parts(folder, names, log);
    if (names.empty()) warn_of_parts_further_down(folder, around, log);
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
