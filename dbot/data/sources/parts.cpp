#include "dbot/data/sources/parts.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/data/concatenation.h"
#include "dbot/data/sources/folder/layout.h"
#include "dbot/data/sources/sources.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// The parts of a data set that is divided, train first; empty for one that is not.
std::vector<std::shared_ptr<const Dataset>> open_both(const fs::path& path, const core::Log& log) {
  if (const auto source = find_source(path, log)) {
    if (!source->divided()) return {};
    return open_source(*source, log);
  }
  const PartFolders parts = find_part_folders(path);
  if (!parts.divided()) return {};
  return {open_images(parts.train, log), open_images(parts.held_out(), log)};
}

[[noreturn]] void fail_without_test(const fs::path& path) {
  throw DataError(fmt::format(
      "[data] {} has no test part (train/ beside val/ or test/, or files with these words in their "
      "names); choose all",
      path.string()));
}

}  // namespace

Part parse_part(std::string_view text, std::string_view option) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  if (text == "all") return Part::all;
  throw UsageError(fmt::format("[data] {} is {}, expected train, test or all", option, text));
}

std::vector<std::shared_ptr<const Dataset>> open_parts(const fs::path& path, const core::Log& log) {
  auto parts = open_both(path, log);
  if (parts.empty()) parts.push_back(open_images(path, log));
  return parts;
}

std::vector<NamedPart> open_named_parts(const fs::path& path, const core::Log& log) {
  std::vector<NamedPart> parts;
  const auto source = find_source(path, log);
  if (source && source->divided()) {
    std::vector<PartFiles> files;
    const auto add = [&](const char* name, const PartFiles& part) {
      if (part.empty()) return;
      parts.push_back({name, nullptr});
      files.push_back(part);
    };
    add("train", source->train);
    add("val", source->val);
    add("test", source->test);
    auto sets = source->kind->open(files, {log});
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i].images = std::move(sets[i]);
    return parts;
  }
  const auto folders = source ? PartFolders{} : find_part_folders(path);
  if (!folders.divided()) return {{"", open_images(path, log)}};
  for (const auto& folder : {folders.train, folders.val, folders.test}) {
    if (!folder.empty()) parts.push_back({folder.filename().string(), open_images(folder, log)});
  }
  return parts;
}

std::shared_ptr<const Dataset> open_part(const fs::path& path, Part part, const core::Log& log) {
  if (part == Part::train) return open_images(path, log);
  const auto parts = open_both(path, log);
  if (parts.empty() && part == Part::test) fail_without_test(path);
  if (parts.empty()) return open_images(path, log);
  return part == Part::test ? parts.at(1) : concatenate({parts.at(0), parts.at(1)});
}

}  // namespace dbot::data
