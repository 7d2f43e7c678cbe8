#include "dbot/data/sources/open.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/concatenation.h"
#include "dbot/data/sources/choice/given_labels.h"
#include "dbot/data/sources/choice/leave_out.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/part_names.h"
#include "dbot/data/subset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

void tell_what_is_left(const fs::path& path, const DataParts& parts, const core::Log& log) {
  if (!parts.divided()) return;
  log(core::LogLevel::information,
      fmt::format("{}: using {}; {} is left for evaluation", path.string(), parts.shown_train(),
                  parts.shown_held_out()));
}

/// The folder that all images lie in, with a slash at its end: an archive often has one around
/// everything.
std::string common_folder(const Dataset& images) {
  std::string common = images.size() > 0 ? images.key(0) : std::string();
  for (std::int64_t i = 0; i < images.size() && !common.empty(); ++i) {
    const std::string key = images.key(i);
    const auto [end, ignored] = std::ranges::mismatch(common, key);
    common.erase(end, common.end());
  }
  return common.substr(0, common.rfind('/') + 1);
}

/// Divides a set whose archive holds folders for the parts. One image outside of them, and it is
/// not divided.
void divide_inside(DataParts& parts) {
  const auto all = parts.train;
  const std::size_t begin = common_folder(*all).size();
  std::array<std::vector<std::int64_t>, 4> images;
  PartFolders found;
  std::array<fs::path*, 4> place{nullptr, &found.train, &found.val, &found.test};
  for (std::int64_t i = 0; i < all->size(); ++i) {
    const std::string key = all->key(i);
    const auto folder = std::string(class_folder(std::string_view(key).substr(begin)));
    const auto part = static_cast<std::size_t>(part_of_folder(folder));
    if (part == 0) return;
    if (place[part]->empty()) *place[part] = folder;
    images[part].push_back(i);
  }
  if (!found.divided()) return;
  const auto part_of = [&](PartWord part) {
    auto& indices = images[static_cast<std::size_t>(part)];
    return indices.empty() ? nullptr : subset(all, std::move(indices));
  };
  parts.inside = found;
  parts.train = part_of(PartWord::train);
  parts.val = part_of(PartWord::val);
  parts.test = part_of(PartWord::test);
}

/// True if labels are to come from elsewhere than the source has them. A folder has them by folder.
bool gives_labels(const Choice& choice, const SourceKind& kind) {
  return !choice.labels.empty() && !(choice.labels == "folder" && &kind == &folder_kind());
}

[[noreturn]] void fail_without_test(const fs::path& path) {
  throw DataError({.operation = "data",
                   .subject = path.string(),
                   .fault = Fault::unsupported,
                   .reason = "has no test part (train/ beside val/ or test/, or files with these "
                             "words in their names)",
                   .way_out = "choose all"});
}

}  // namespace

std::vector<NamedPart> DataParts::named() const {
  std::vector<NamedPart> parts;
  const auto add = [&](const char* name, const std::shared_ptr<const Dataset>& part) {
    if (part) parts.push_back({divided() ? name : "", part});
  };
  add("train", train);
  add("val", val);
  add("test", test);
  return parts;
}

std::string DataParts::shown_train() const {
  return inside.divided() ? inside.train.string() + "/" : shown_part(source, source.train);
}

std::string DataParts::shown_held_out() const {
  if (!inside.divided()) return shown_part(source, source.held_out());
  return (inside.val.empty() ? inside.test : inside.val).string() + "/";
}

namespace {

void require_content(const fs::path& path, const Source& source, Content content) {
  if (content == Content::images || source.kind->videos) return;
  throw DataError({.operation = "data",
                   .subject = path.string(),
                   .fault = Fault::unsupported,
                   .reason = fmt::format("is {}, where no videos are read from", source.kind->name),
                   .way_out = "name a folder of videos, a list of them or tar archives"});
}

/// Opens the parts as they lie in their files; labels and what is left out are the caller's.
DataParts open_files(const fs::path& path, Source source, Wanted wanted,
                     const OpenContext& context) {
  DataParts parts{std::move(source), nullptr, nullptr, nullptr};
  require_content(path, parts.source, context.content);
  const bool divided = parts.source.divided();
  std::vector<PartFiles> files;
  std::vector<fs::path> others;
  std::vector<std::shared_ptr<const Dataset>*> places;
  const auto open_if = [&](bool is_wanted, const PartFiles& part,
                           std::shared_ptr<const Dataset>& place) {
    if (!is_wanted) others.insert(others.end(), part.begin(), part.end());
    if (!is_wanted || part.empty()) return;
    files.push_back(part);
    places.push_back(&place);
  };
  const bool test = wanted == Wanted::all || (wanted != Wanted::train && parts.source.val.empty());
  const bool look_inside = !divided && parts.source.kind->parts_inside;
  open_if(wanted != Wanted::held_out || look_inside, parts.source.train, parts.train);
  open_if(wanted != Wanted::train, parts.source.val, parts.val);
  open_if(test, parts.source.test, parts.test);
  if (files.empty()) return parts;
  auto opened = parts.source.kind->open(files, context);
  if (gives_labels(context.choice, *parts.source.kind)) {
    opened = with_labels(std::move(opened), context.choice.labels, path);
  }
  opened = leave_out(std::move(opened), context.choice, path, others, context.log);
  for (std::size_t i = 0; i < places.size(); ++i) *places[i] = std::move(opened[i]);
  if (look_inside) divide_inside(parts);
  return parts;
}

}  // namespace

void keep_wanted(DataParts& parts, Wanted wanted, const fs::path& path, const core::Log& log) {
  if (wanted == Wanted::train) tell_what_is_left(path, parts, log);
  if (wanted == Wanted::held_out) parts.train = nullptr;
  if (wanted == Wanted::train) parts.val = nullptr;
  if (wanted != Wanted::all && (wanted == Wanted::train || parts.val)) parts.test = nullptr;
}

DataParts open(const fs::path& path, Source source, Wanted wanted, const OpenContext& context) {
  auto parts = open_files(path, std::move(source), wanted, context);
  keep_wanted(parts, wanted, path, context.log);
  return parts;
}

DataParts open(const fs::path& path, Wanted wanted, const OpenContext& context) {
  return open(path, find_source(path, context.log, context.content), wanted, context);
}

std::shared_ptr<const Dataset> open_images(const fs::path& path, const core::Log& log,
                                           const core::StopRequest* stop, const Choice& choice) {
  return open(path, Wanted::train, {.log = log, .stop = stop, .choice = choice}).train;
}

std::shared_ptr<const Dataset> open_held_out(const fs::path& path, const core::Log& log,
                                             const Choice& choice) try {
  return open(path, Wanted::held_out, {.log = log, .choice = choice}).held_out();
} catch (const DataError&) {
  return nullptr;
}

Part parse_part(std::string_view text, std::string_view option) {
  if (text == "train") return Part::train;
  if (text == "test") return Part::test;
  if (text == "all") return Part::all;
  throw UsageError(fmt::format("[data] {} is {}, expected train, test or all", option, text));
}

std::shared_ptr<const Dataset> open_part(const fs::path& path, Part part,
                                         const OpenContext& context) {
  if (part == Part::train) return open(path, Wanted::train, context).train;
  const auto parts = open(path, Wanted::train_and_held_out, context);
  if (!parts.held_out()) {
    if (part == Part::test) fail_without_test(path);
    return parts.train;
  }
  return part == Part::test ? parts.held_out() : concatenate({parts.train, parts.held_out()});
}

}  // namespace dbot::data
