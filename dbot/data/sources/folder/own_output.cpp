#include "dbot/data/sources/folder/own_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "dbot/core/files/files.h"
#include "dbot/data/sources/folder/visible_entries.h"
#include "dbot/data/sources/pack/pack_index.h"
#include "dbot/data/sources/part_names.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeadBytes = 8192;  // of a file that is looked into
constexpr std::string_view kNoteBegins = "This folder was written by dbot";
constexpr int kDeepest = 3;  // folders around outputs: runs/, work/runs/

/// A file that tells an output, if its beginning holds all of these texts. The first has to stand
/// at its very beginning unless it is empty.
struct TellingFile {
  std::string_view name;
  std::string_view begins;
  std::array<std::string_view, 3> holds = {};
};

constexpr std::array kTellingFiles{
    TellingFile{kOutputNote, kNoteBegins},
    TellingFile{"pictures.json", "{", {"\"version\"", "\"step\"", "\"stage\""}},
    TellingFile{kPackIndexName, "DBOTPACK"},
    TellingFile{"check.jsonl", "{\"type\":\"check\",\"version\":"},
    TellingFile{"check.partial", "dbot survey "}};

/// A recipe lies beside images at times; one that a kRun follows has its company.
constexpr TellingFile kRecipe{"recipe.toml", "", {"[schedule]", "[optimizer]", "[train]"}};
constexpr std::array<std::string_view, 3> kCompany{"metrics.jsonl", "run.json", "checkpoints"};

constexpr std::uint32_t bit(std::size_t place) {
  return std::uint32_t{1} << place;
}
constexpr std::uint32_t kRecipeBit = bit(kTellingFiles.size());
constexpr std::uint32_t kCompanyBit = bit(kTellingFiles.size() + 1);
constexpr std::uint32_t kPartsBit = bit(kTellingFiles.size() + 2);

std::string head_of(const fs::path& path) {
  std::string head(kHeadBytes, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return head;
}

bool holds(const fs::path& folder, const TellingFile& file) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / file.name, ignored)) return false;
  const std::string head = head_of(folder / file.name);
  return head.starts_with(file.begins) &&
         std::ranges::all_of(file.holds, [&](std::string_view text) {
           return head.find(text) != std::string::npos;
         });
}

/// The first entry that is no folder, by the order of the names; nothing where there is none.
std::optional<fs::path> first_leaf(const fs::path& folder) {
  std::vector<fs::path> entries;
  see_visible(folder, [&entries](const fs::directory_entry& entry) {
    entries.push_back(entry.path());
    return true;
  });
  std::ranges::sort(entries);
  for (const auto& path : entries) {
    std::error_code ignored;
    if (!fs::is_directory(fs::symlink_status(path, ignored))) return path;
    if (const auto leaf = first_leaf(path)) return leaf;
  }
  return std::nullopt;
}

/// True if the first file in a part is a link to the same name in a folder around `folder`.
bool links_to_surroundings(const fs::path& folder, const fs::path& part) {
  std::error_code error;
  const auto leaf = first_leaf(part);
  if (!leaf || !fs::is_symlink(*leaf, error)) return false;
  const std::string target = fs::read_symlink(*leaf, error).lexically_normal().string();
  const std::string name = "/" + leaf->lexically_relative(part).string();
  if (error || !target.starts_with('/') || !target.ends_with(name)) return false;
  fs::path source = target.substr(0, target.size() - name.size());
  if (part_of_folder(source.filename().string()) != PartWord::none) source = source.parent_path();
  const std::string around = (fs::weakly_canonical(source, error) / "").string();
  return !error && fs::canonical(folder, error).string().starts_with(around);
}

/// True of a division with links as older versions made it: nothing but parts, which link to images
/// of the folder around it. Without that, links are somebody's own way to keep images.
bool is_division_of_surroundings(const fs::path& folder) {
  std::vector<fs::path> parts;
  bool others = false;
  see_visible(folder, [&](const fs::directory_entry& entry) {
    const auto name = entry.path().filename().string();
    others = name != "train" && name != "val" && name != "test";
    parts.push_back(entry.path());
    return !others;
  });
  return !others && parts.size() > 1 && std::ranges::all_of(parts, [&](const fs::path& part) {
    return links_to_surroundings(folder, part);
  });
}

bool is_own_output(const fs::path& folder, int deepest) {
  OutputSigns signs;
  std::error_code error;
  const auto look_for = [&](std::string_view name) {
    if (fs::exists(folder / name, error)) signs.see(name, false);
  };
  for (const auto& file : kTellingFiles) look_for(file.name);
  look_for(kRecipe.name);
  for (const auto name : kCompany) look_for(name);
  if (signs.told(folder) || is_division_of_surroundings(folder)) return true;
  if (deepest == 0) return false;
  bool any = false, others = false;
  see_visible(folder, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    any = true;
    others = !entry.is_directory(ignored) || !is_own_output(entry.path(), deepest - 1);
    return !others;
  });
  return any && !others;
}

}  // namespace

void write_output_note(const fs::path& folder, std::string_view command) {
  core::write_file_atomically(
      folder / kOutputNote,
      fmt::format("{} {}.\n"
                  "Where it lies below a folder of images, dbot passes it over: it is no data of "
                  "that folder.\n"
                  "Named itself, it is read. Remove this file to make it data like any other.\n",
                  kNoteBegins, command));
}

void OutputSigns::see(std::string_view name, bool is_folder) {
  for (std::size_t i = 0; i < kTellingFiles.size(); ++i) {
    if (name == kTellingFiles[i].name) seen_ |= bit(i);
  }
  if (name == kRecipe.name) seen_ |= kRecipeBit;
  if (std::ranges::find(kCompany, name) != kCompany.end()) seen_ |= kCompanyBit;
  if (is_folder && name == "train") {
    seen_ |= kPartsBit;
  } else if (!is_folder || (name != "val" && name != "test")) {
    others_ = true;
  }
}

bool OutputSigns::told(const fs::path& folder) const {
  for (std::size_t i = 0; i < kTellingFiles.size(); ++i) {
    if ((seen_ & bit(i)) != 0 && holds(folder, kTellingFiles[i])) return true;
  }
  constexpr std::uint32_t kRun = kRecipeBit | kCompanyBit;
  if ((seen_ & kRun) == kRun && holds(folder, kRecipe)) return true;
  return (seen_ & kPartsBit) != 0 && !others_ && is_division_of_surroundings(folder);
}

bool is_own_output(const fs::path& folder) {
  return is_own_output(folder, kDeepest);
}

}  // namespace dbot::data
