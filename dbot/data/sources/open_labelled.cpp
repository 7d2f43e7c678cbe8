#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/folder/layout.h"
#include "dbot/data/sources/sources.h"
#include "dbot/data/sources/split.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

/// The images that lie in class folders. Others are left out with a warning; it is an error if no
/// image is in one.
PathList labelled_images(const fs::path& folder, const core::Log& log) {
  auto images = scan_images(folder, log).images;
  const auto found = images.size();
  std::string first;
  images = images.filtered([&](std::string_view path) {
    const bool loose = class_folder(path).empty();
    if (loose && first.empty()) first = path;
    return !loose;
  });
  if (first.empty()) return images;
  if (images.empty()) {
    throw DataError(fmt::format(
        "[data] {} has no labels: its {} images are in no class folder (first: {}); expected one "
        "folder a class, under train/ and val/ or test/, or under the folder itself",
        folder.string(), found, first));
  }
  log(core::LogLevel::warning,
      fmt::format("[data] {}: {} images outside class folders are left out; first: {}",
                  folder.string(), found - images.size(), first));
  return images;
}

void require_two_classes(const fs::path& path, const std::vector<std::string>& classes) {
  if (classes.size() >= 2) return;
  throw DataError(
      fmt::format("[data] {} has one class only ({}), expected at least two class "
                  "folders; evaluation tells classes apart",
                  path.string(), classes.empty() ? "" : classes.front()));
}

/// Both parts number the classes alike: by name, over the classes of either.
LabelledSplits open_divided(const PartFolders& parts, const core::Log& log) {
  auto train = labelled_images(parts.train, log);
  auto test = labelled_images(parts.held_out(), log);
  auto classes = class_names(train);
  require_two_classes(parts.train, classes);
  for (auto& name : class_names(test)) {
    if (!std::binary_search(classes.begin(), classes.end(), name)) {
      classes.insert(std::upper_bound(classes.begin(), classes.end(), name), std::move(name));
    }
  }
  return {std::make_shared<FolderDataset>(parts.train, std::move(train), classes),
          std::make_shared<FolderDataset>(parts.held_out(), std::move(test), classes),
          fmt::format("train/ and {}/", parts.held_out().filename().string())};
}

LabelledSplits split_automatically(const fs::path& path, std::shared_ptr<const Dataset> dataset,
                                   std::uint64_t seed) {
  require_two_classes(path, dataset->classes());
  auto split =
      stratified_split(*dataset, seed, [&](std::int64_t index) { return dataset->key(index); });
  if (split.test.empty()) {
    throw DataError(
        fmt::format("[data] {} has one image a class, expected at least two: one to "
                    "learn from and one to test on",
                    path.string()));
  }
  return {subset(dataset, std::move(split.train)), subset(dataset, std::move(split.test)),
          fmt::format("automatic split 80/20, seed {}", seed)};
}

LabelledSplits open_class_folders(const fs::path& folder, std::uint64_t seed,
                                  const core::Log& log) {
  auto images = labelled_images(folder, log);
  auto classes = class_names(images);
  return split_automatically(
      folder, std::make_shared<FolderDataset>(folder, std::move(images), std::move(classes)), seed);
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
    throw DataError(fmt::format("[data] {} has no labels; expected {}", files.front().string(),
                                source.kind->labels));
  }
  log(core::LogLevel::warning, fmt::format("[data] {}: {} images without a label are left out",
                                           shown_part(source, files), missing));
  return subset(std::move(part), std::move(labelled));
}

LabelledSplits open_labelled_source(const Source& source, const fs::path& path, std::uint64_t seed,
                                    const core::Log& log) {
  auto parts = open_source(source, log);
  auto train = labelled_only(parts.front(), source.train, source, log);
  if (!source.divided()) return split_automatically(path, std::move(train), seed);
  require_two_classes(path, train->classes());
  return {std::move(train), labelled_only(parts.back(), source.held_out(), source, log),
          fmt::format("{} and {}", shown_part(source, source.train),
                      shown_part(source, source.held_out()))};
}

/// True if train/ is the one folder there is, so that it cannot be a class beside others.
bool is_only_folder(const fs::path& train) {
  if (train.empty()) return false;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(train.parent_path(), ignored)) {
    const auto name = entry.path().filename().string();
    if (name != "train" && name.front() != '.' && entry.is_directory(ignored)) return false;
  }
  return true;
}

}  // namespace

LabelledSplits open_labelled(const fs::path& path, std::uint64_t seed, const core::Log& log) {
  if (const auto source = find_source(path, log)) {
    return open_labelled_source(*source, path, seed, log);
  }
  const auto parts = find_part_folders(path);
  if (parts.divided()) return open_divided(parts, log);
  return open_class_folders(is_only_folder(parts.train) ? parts.train : path, seed, log);
}

}  // namespace dbot::data
