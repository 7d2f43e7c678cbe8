#include "dbot/data/sources/folder/open_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/folder/folder_scan.h"
#include "dbot/data/sources/folder/mask_files.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/paths/data_below.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using Datasets = std::vector<std::shared_ptr<const Dataset>>;

std::string listed_outputs(const FolderScan& scan) {
  const auto more = scan.outputs.size() - 1;
  return scan.outputs.front() + (more == 0 ? "" : fmt::format(" and {} more", more));
}

void tell_outputs(const fs::path& folder, const FolderScan& scan, const core::Log& log) {
  if (scan.outputs.empty()) return;
  log(core::LogLevel::information,
      fmt::format("{}: what dbot wrote is passed over: {}", folder.string(), listed_outputs(scan)));
}

core::TextList without_masks(const fs::path& folder, core::TextList images, const core::Log& log) {
  const auto masks = find_masks(folder, images);
  if (masks.empty()) return images;
  log(core::LogLevel::information,
      fmt::format("{}: {} masks beside photographs are left out; first: {}", folder.string(),
                  masks.size(), images[masks.front()]));
  std::size_t place = 0;
  auto mask = masks.begin();
  return images.filtered([&](std::string_view) {
    const bool is_mask = mask != masks.end() && *mask == place++;
    if (is_mask) ++mask;
    return !is_mask;
  });
}

[[noreturn]] void fail_with_outputs_alone(const fs::path& folder, const FolderScan& scan,
                                          Content content) {
  throw DataError(
      {.operation = "data",
       .subject = folder.string(),
       .fault = Fault::empty,
       .reason = fmt::format("holds no {} but in what dbot wrote, which is no data where it "
                             "lies below a folder ({})",
                             word_of(content), listed_outputs(scan)),
       .way_out = "name such a folder itself to read it"});
}

/// What to do where nothing that is looked for was found.
std::string way_to_content(const fs::path& folder, const FolderScan& scan, Content content) {
  if (content == Content::videos) return {};
  if (has_extension_of(Content::videos, scan.first_other)) {
    return "that is a video; what trains on videos, or is told to read them, finds it";
  }
  return scan.unread.total() > 0 ? scan.unread.told() : way_to_data(folder);
}

/// The images of a folder. Throws DataError if there are none, saying what was found instead.
core::TextList scan_images(const fs::path& folder, const OpenContext& context) {
  ScanOptions options;
  options.stop = context.stop;
  options.content = context.content;
  auto scan = scan_folder(folder, context.log, options);
  if (!scan.images.empty()) {
    tell_outputs(folder, scan, context.log);
    const bool images = context.content == Content::images;
    if (images && scan.unread.total() > 0) {
      context.log(core::LogLevel::warning,
                  fmt::format("[data] {}: {}", folder.string(), scan.unread.told()));
    }
    return context.with_masks || !images
               ? std::move(scan.images)
               : without_masks(folder, std::move(scan.images), context.log);
  }
  if (!scan.outputs.empty()) fail_with_outputs_alone(folder, scan, context.content);
  if (scan.other_files == 0) {
    throw DataError({.operation = "data",
                     .subject = folder.string(),
                     .fault = Fault::empty,
                     .reason = fmt::format("is empty, expected {} in it or its folders",
                                           several_of(context.content))});
  }
  throw DataError({.operation = "data",
                   .subject = folder.string(),
                   .fault = Fault::empty,
                   .reason = fmt::format(": found {} {}, none of them {}; first: {}",
                                         scan.other_files, scan.other_files == 1 ? "file" : "files",
                                         one_of(context.content), scan.first_other),
                   .way_out = way_to_content(folder, scan, context.content)});
}

/// Names of the class folders of the images, which are sorted: byte-wise, each once.
std::vector<std::string> class_names(const core::TextList& relative_paths) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < relative_paths.size(); ++i) {
    const auto name = class_folder(relative_paths[i]);  // a class's images lie side by side
    if (!name.empty() && (names.empty() || names.back() != name)) names.emplace_back(name);
  }
  // "a-b/" stands before "a/", but "a" before "a-b".
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const Dataset> open_as_it_lies(const fs::path& folder, const OpenContext& context) {
  auto images = scan_images(folder, context);
  auto classes = class_names(images);
  // One folder, or pictures beside folders, is how files happen to lie, not a set of classes.
  const bool labelled = classes.size() > 1 && !class_folder(images.front()).empty();
  if (!labelled) classes.clear();
  return std::make_shared<FolderDataset>(folder, std::move(images), std::move(classes),
                                         context.content);
}

/// The images that lie in class folders. Others are left out with a warning; it is an error if no
/// image is in one.
core::TextList labelled_images(const fs::path& folder, const OpenContext& context) {
  auto images = scan_images(folder, context);
  const auto found = images.size();
  std::string first;
  images = images.filtered([&](std::string_view path) {
    const bool loose = class_folder(path).empty();
    if (loose && first.empty()) first = path;
    return !loose;
  });
  if (first.empty()) return images;
  if (images.empty()) {
    throw DataError(
        {.operation = "data",
         .subject = folder.string(),
         .fault = Fault::unlabelled,
         .reason = fmt::format("has no labels: its {} images are in no class folder (first: {})",
                               found, first),
         .way_out = "expected one folder a class, under train/ and val/ or test/, or under the "
                    "folder itself"});
  }
  context.log(core::LogLevel::warning,
              fmt::format("[data] {}: {} images outside class folders are left out; first: {}",
                          folder.string(), found - images.size(), first));
  return images;
}

/// All parts number the classes alike: by name, over the classes of any. The first one, which is
/// learnt from, has to have two.
Datasets open_with_labels(const std::vector<fs::path>& folders, const OpenContext& context) {
  std::vector<core::TextList> images;
  for (const auto& folder : folders) images.push_back(labelled_images(folder, context));
  auto classes = class_names(images.front());
  require_two_classes(folders.front(), classes);
  for (std::size_t i = 1; i < images.size(); ++i) {
    auto more = class_names(images[i]);
    classes.insert(classes.end(), more.begin(), more.end());
  }
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  Datasets datasets;
  for (std::size_t i = 0; i < images.size(); ++i) {
    datasets.push_back(std::make_shared<FolderDataset>(folders[i], std::move(images[i]), classes,
                                                       context.content));
  }
  return datasets;
}

}  // namespace

Datasets open_folders(const std::vector<std::vector<fs::path>>& parts, const OpenContext& context) {
  std::vector<fs::path> folders;
  for (const auto& part : parts) folders.push_back(part.at(0));
  if (context.wants_labels) return open_with_labels(folders, context);
  Datasets datasets;
  for (const auto& folder : folders) datasets.push_back(open_as_it_lies(folder, context));
  return datasets;
}

}  // namespace dbot::data
