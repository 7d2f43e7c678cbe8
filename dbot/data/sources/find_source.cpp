#include "dbot/data/sources/find_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/binary/idx_dataset.h"
#include "dbot/data/sources/folder/own_output.h"
#include "dbot/data/sources/folder/visible_entries.h"
#include "dbot/data/sources/pack/pack_index.h"
#include "dbot/data/sources/part_names.h"
#include "dbot/data/sources/paths/data_below.h"
#include "dbot/data/sources/paths/part_folders.h"
#include "dbot/data/sources/paths/path_pattern.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// The part that a file's name tells.
PartWord part_of_file(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with("data_batch_") ? PartWord::train : part_in_name(name);  // CIFAR-10's
}

/// Files in order as a source; divided where names tell of train and val or test.
Source divided_by_names(const SourceKind& kind, PartFiles files, const core::Log& log) {
  std::array<PartFiles, 4> named;
  for (const auto& file : files) {
    named[static_cast<std::size_t>(part_of_file(file))].push_back(file);
  }
  auto& [others, train, val, test] = named;
  if (train.empty() || (val.empty() && test.empty())) return {&kind, std::move(files), {}, {}};
  if (!others.empty()) {
    log(core::LogLevel::warning,
        fmt::format("[data] {}: left out, as their names tell neither train nor val nor test",
                    shown_files(others)));
  }
  return {&kind, std::move(train), std::move(val), std::move(test)};
}

/// The files of a folder, sorted; none of it holds images or folders, which tells soon where it is
/// one of a million images. Hidden files and dbot's own output are passed over.
PartFiles files_without_samples(const fs::path& folder, Content content) {
  PartFiles files;
  bool others = false;
  see_visible(folder, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    others = has_extension_of(content, entry.path().filename().string()) ||
             (entry.is_directory(ignored) && !is_own_output(entry.path()));
    if (!others && entry.is_regular_file(ignored)) files.push_back(entry.path());
    return !others;
  });
  if (others) return {};
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<Source> find_idx(const fs::path& folder) {
  const auto idx = find_idx_files(folder);
  const auto files = [](const IdxPair& pair) {
    PartFiles part;
    if (!pair.images.empty()) part.push_back(pair.images);
    if (!pair.images.empty() && !pair.labels.empty()) part.push_back(pair.labels);
    return part;
  };
  Source source{&idx_kind(), files(idx.train), {}, files(idx.test)};
  if (source.train.empty()) source.train.swap(source.test);
  return source.train.empty() ? std::nullopt : std::optional(std::move(source));
}

/// A folder of shards holds nothing but them and what explains them; beside images or folders, an
/// archive is what they came from.
std::optional<Source> find_shards(const fs::path& folder, const core::Log& log, Content content) {
  const PartFiles files = files_without_samples(folder, content);
  for (const auto& kind : source_kinds()) {
    if (kind.several != SourceKind::Several::by_folder) continue;
    PartFiles shards;
    std::ranges::copy_if(files, std::back_inserter(shards), kind.accepts);
    if (!shards.empty()) return divided_by_names(kind, std::move(shards), log);
  }
  return std::nullopt;
}

std::optional<Source> find_in_folder(const fs::path& folder, const core::Log& log,
                                     Content content) {
  const fs::path index = folder / kPackIndexName;
  std::error_code ignored;
  if (fs::is_regular_file(index, ignored)) return Source{kind_of(index), {index}, {}, {}};
  if (auto source = find_idx(folder)) return source;
  return find_shards(folder, log, content);
}

/// Files of one kind in the folders of the parts.
std::optional<Source> find_in_part_folders(const PartFolders& parts, const core::Log& log,
                                           Content content) {
  auto source = find_in_folder(parts.train, log, content);
  if (!source) return std::nullopt;
  const auto files_in = [&](const fs::path& named) {
    auto part = named.empty() ? std::nullopt : find_in_folder(named, log, content);
    return part && part->kind == source->kind ? std::move(part->train) : PartFiles{};
  };
  source->val = files_in(parts.val);
  source->test = files_in(parts.test);
  // Evaluation reads val/ where there is one; images in it are another matter than shards.
  const bool usable = parts.val.empty() ? !source->test.empty() : !source->val.empty();
  return usable ? source : std::nullopt;
}

std::string all_kinds() {
  std::string text;
  for (const auto& kind : source_kinds()) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", kind.name);
  }
  return text;
}

Source source_of_file(const fs::path& file) {
  const auto* kind = kind_of(file);
  if (!kind) {
    const auto way = way_to_data_of(file);
    throw DataError({.operation = "data",
                     .subject = file.string(),
                     .fault = Fault::unsupported,
                     .reason = fmt::format("is none of these: {}", all_kinds()),
                     .way_out = way.empty() ? "name the folder the images are in" : way});
  }
  Source source{kind, {file}, {}, {}};
  const auto labels = matching_labels(file);
  if (kind == &idx_kind() && !labels.empty()) source.train.push_back(labels);
  return source;
}

Source source_of_pattern(const fs::path& pattern, const core::Log& log) {
  auto files = expand_pattern(pattern);
  const auto* kind = source_of_file(files.front()).kind;
  const bool joinable = files.size() == 1 || kind->several != SourceKind::Several::nothing;
  for (const auto& file : files) {
    if (joinable && kind->accepts(file)) continue;
    throw DataError({.operation = "data",
                     .subject = pattern.string(),
                     .fault = Fault::mismatch,
                     .reason = fmt::format("stands for {} beside {}, expected files of one kind",
                                           file.string(), files.front().string())});
  }
  return divided_by_names(*kind, std::move(files), log);
}

/// Throws DataError if there is neither a file nor a folder, or it may not be read.
void require_existing(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found || path.empty()) {
    throw DataError({.operation = "data",
                     .subject = path.empty() ? "the data folder" : path.string(),
                     .fault = Fault::missing,
                     .reason = "does not exist, expected a folder of images, or a file or pattern "
                               "of another source (docs/data.md)"});
  }
  if (error) throw data_error(path.string(), Fault::unreadable, error.message());
  if (fs::is_directory(status)) {
    fs::directory_iterator probe(path, error);
    if (error) throw data_error(path.string(), Fault::unreadable, error.message());
  }
}

/// Shards in a folder, or in the folders of the parts below it. Packs are made of a data set, which
/// may lie beside them.
std::optional<Source> find_shards_or_parts(const fs::path& folder, const core::Log& log,
                                           Content content) {
  auto source = find_in_folder(folder, log, content);
  if (source && source->kind->id == "pack") return std::nullopt;
  if (source) return source;
  const auto parts = find_part_folders(folder, log, content);
  return parts.divided() ? find_in_part_folders(parts, log, content) : std::nullopt;
}

/// A folder of images, unless shards lie in one below it.
Source find_below(const fs::path& path, const core::Log& log, Content content) {
  // The last one found, and what was said of it, which is told once it is the one.
  std::optional<Source> found;
  std::vector<std::pair<core::LogLevel, std::string>> told;
  const auto below = folder_with_data(path, content, [&](const fs::path& folder) {
    std::vector<std::pair<core::LogLevel, std::string>> said;
    auto source = find_shards_or_parts(
        folder,
        [&said](core::LogLevel level, std::string_view text) { said.emplace_back(level, text); },
        content);
    if (!source) return false;
    found = std::move(source);
    told = std::move(said);
    return true;
  });
  if (below.empty()) return {&folder_kind(), {path}, {}, {}};
  log(core::LogLevel::information,
      fmt::format("{}: the data are those in {}", path.string(), below.filename().string()));
  for (const auto& [level, text] : told) log(level, text);
  return *std::move(found);
}

}  // namespace

Source find_source(const fs::path& path, const core::Log& log, Content content) {
  if (is_path_pattern(path)) return source_of_pattern(path, log);
  require_existing(path);
  if (!fs::is_directory(path)) return source_of_file(path);
  if (auto source = find_in_folder(path, log, content)) return *std::move(source);
  const auto parts = find_part_folders(path, log, content);
  if (!parts.divided()) return find_below(path, log, content);
  if (auto source = find_in_part_folders(parts, log, content)) return *std::move(source);
  const auto part = [](const fs::path& folder) {
    return folder.empty() ? PartFiles{} : PartFiles{folder};
  };
  return {&folder_kind(), part(parts.train), part(parts.val), part(parts.test)};
}

std::string shown_part(const Source& source, const PartFiles& part) {
  if (source.kind == &folder_kind()) return part.front().filename().string() + "/";
  const auto name = [](const PartFiles& files) { return files.front().filename(); };
  const bool by_folders = source.divided() && name(source.train) == name(source.held_out());
  if (by_folders) return part.front().parent_path().filename().string() + "/";
  return source.kind == &idx_kind() ? part.front().filename().string() : shown_files(part);
}

std::string shown_files(const PartFiles& files) {
  const auto first = files.front().filename().string(), last = files.back().filename().string();
  return files.size() == 1 ? first : fmt::format("{} … {}", first, last);
}

}  // namespace dbot::data
