#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/split.h"
#include "dbot/data/subset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

LabelledSplits split_automatically(const fs::path& path, std::shared_ptr<const Dataset> dataset,
                                   std::uint64_t seed) {
  require_two_classes(path, dataset->classes());
  auto split =
      stratified_split(*dataset, seed, [&](std::int64_t index) { return dataset->key(index); });
  if (split.test.empty()) {
    throw DataError({.operation = "data",
                     .subject = path.string(),
                     .fault = Fault::unlabelled,
                     .reason = "has one image a class, expected at least two: one to learn from "
                               "and one to test on"});
  }
  return {subset(dataset, std::move(split.train)), subset(dataset, std::move(split.test)),
          fmt::format("automatic split 80/20, seed {}", seed)};
}

/// The images of a part that have a label.
std::shared_ptr<const Dataset> labelled_only(std::shared_ptr<const Dataset> part,
                                             const PartFiles& files, const Source& source,
                                             const core::Log& log) {
  std::vector<std::int64_t> labelled;
  for (std::int64_t i = 0; i < part->size(); ++i) {
    if (part->label(i) >= 0) labelled.push_back(i);
  }
  const auto missing = part->size() - static_cast<std::int64_t>(labelled.size());
  if (missing == 0) return part;
  if (labelled.empty()) {
    throw DataError({.operation = "data",
                     .subject = files.front().string(),
                     .fault = Fault::unlabelled,
                     .reason = "has no labels",
                     .way_out = fmt::format("expected {}", source.kind->labels)});
  }
  log(core::LogLevel::warning, fmt::format("[data] {}: {} images without a label are left out",
                                           shown_part(source, files), missing));
  return subset(std::move(part), std::move(labelled));
}

/// True if train/ is the one folder there is, so that it cannot be a class beside others.
bool is_only_folder(const fs::path& train) {
  std::error_code ignored;
  if (!fs::is_directory(train, ignored)) return false;
  for (const auto& entry : fs::directory_iterator(train.parent_path(), ignored)) {
    const auto name = entry.path().filename().string();
    if (name != "train" && name.front() != '.' && entry.is_directory(ignored)) return false;
  }
  return true;
}

}  // namespace

LabelledSplits open_labelled(const fs::path& path, std::uint64_t seed, const core::Log& log) {
  auto found = find_source(path, log);
  const bool folders = found.kind == &folder_kind();
  if (folders && !found.divided() && is_only_folder(path / "train")) found.train = {path / "train"};
  const auto parts =
      open(std::move(found), Wanted::train_and_held_out, {.log = log, .wants_labels = true});
  const auto& source = parts.source;
  const auto& shown = folders ? source.train.front() : path;
  auto train = labelled_only(parts.train, source.train, source, log);
  if (!source.divided()) return split_automatically(shown, std::move(train), seed);
  require_two_classes(shown, train->classes());
  return {std::move(train), labelled_only(parts.held_out(), source.held_out(), source, log),
          fmt::format("{} and {}", shown_part(source, source.train),
                      shown_part(source, source.held_out()))};
}

}  // namespace dbot::data
