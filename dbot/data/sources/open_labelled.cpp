#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/own_output.h"
#include "dbot/data/sources/folder/visible_entries.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/part_names.h"
#include "dbot/data/sources/split.h"
#include "dbot/data/subset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

LabelledSplits split_automatically(const fs::path& path, std::shared_ptr<const Dataset> dataset,
                                   std::uint64_t seed, Content content) {
  require_two_classes(path, dataset->classes());
  auto split =
      stratified_split(*dataset, seed, [&](std::int64_t index) { return dataset->key(index); });
  if (split.test.empty()) {
    throw DataError({.operation = "data",
                     .subject = path.string(),
                     .fault = Fault::unlabelled,
                     .reason = fmt::format("has one {} a class, expected at least two: one to "
                                           "learn from and one to test on",
                                           word_of(content))});
  }
  return {subset(dataset, std::move(split.train)), subset(dataset, std::move(split.test)),
          fmt::format("automatic split 80/20, seed {}", seed)};
}

/// The samples of a part that have a label. `shown` is the part's name.
std::shared_ptr<const Dataset> labelled_only(std::shared_ptr<const Dataset> part,
                                             const std::string& shown, const std::string& expected,
                                             Content content, const core::Log& log) {
  std::vector<std::int64_t> labelled;
  for (std::int64_t i = 0; i < part->size(); ++i) {
    if (part->label(i) >= 0) labelled.push_back(i);
  }
  const auto missing = part->size() - static_cast<std::int64_t>(labelled.size());
  if (missing == 0) return part;
  if (labelled.empty()) {
    throw DataError({.operation = "data",
                     .subject = shown,
                     .fault = Fault::unlabelled,
                     .reason = "has no labels",
                     .way_out = fmt::format("expected {}", expected)});
  }
  log(core::LogLevel::warning, fmt::format("[data] {}: {} {}s without a label are left out", shown,
                                           missing, word_of(content)));
  return subset(std::move(part), std::move(labelled));
}

/// The folder for training, if it is the one folder there is, so that it cannot be a class beside
/// others; dbot's own output does not count.
fs::path only_training_folder(const fs::path& folder) {
  fs::path only;
  bool several = false;
  see_visible(folder, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    if (!entry.is_directory(ignored) || is_own_output(entry.path())) return true;
    several = !only.empty();
    only = entry.path();
    return !several;
  });
  const bool trains = !several && part_of_folder(only.filename().string()) == PartWord::train;
  return trains ? only : fs::path();
}

/// What labels come from, in a word or as the file that gives them.
std::string origin_of(const Choice& choice, const SourceKind& kind) {
  return choice.labels.empty() ? std::string(kind.id) : choice.labels;
}

}  // namespace

LabelledSplits open_labelled(const fs::path& path, std::uint64_t seed, const core::Log& log,
                             const Choice& choice, Content content) {
  auto found = find_source(path, log, content);
  const bool folders = found.kind == &folder_kind();
  if (folders && !found.divided()) {
    if (const auto train = only_training_folder(path); !train.empty()) found.train = {train};
  }
  // Labels of another origin need no class folders.
  const bool by_folder = choice.labels.empty() || choice.labels == "folder";
  const auto parts =
      open(path, std::move(found), Wanted::train_and_held_out,
           {.log = log, .wants_labels = by_folder, .choice = choice, .content = content});
  const auto& source = parts.source;
  const auto& shown = folders ? source.train.front() : path;
  const std::string expected(by_folder ? source.kind->labels
                                       : "a list that names these images and their labels");
  const auto labelled = [&](const std::shared_ptr<const Dataset>& part, const std::string& name) {
    return labelled_only(part, name, expected, content, log);
  };
  const std::string origin = origin_of(choice, *source.kind);
  if (!parts.divided()) {
    auto split = split_automatically(shown, labelled(parts.train, source.train.front().string()),
                                     seed, content);
    split.labels = origin;
    split.content = content;
    return split;
  }
  auto train = labelled(parts.train, parts.shown_train());
  require_two_classes(shown, train->classes());
  return {std::move(train), labelled(parts.held_out(), parts.shown_held_out()),
          fmt::format("{} and {}", parts.shown_train(), parts.shown_held_out()), origin, content};
}

}  // namespace dbot::data
