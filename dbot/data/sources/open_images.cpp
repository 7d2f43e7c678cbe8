#include <fmt/format.h>

#include <string>
#include <utility>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/folder/layout.h"
#include "dbot/data/sources/sources.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Dataset> open_folder(const fs::path& folder, const core::Log& log,
                                           const core::StopRequest* stop) {
  auto images = scan_images(folder, log, stop).images;
  auto classes = class_names(images);
  // One folder, or pictures beside folders, is how files happen to lie, not a set of classes.
  const bool labelled = classes.size() > 1 && !class_folder(images.front()).empty();
  if (!labelled) classes.clear();
  return std::make_shared<FolderDataset>(folder, std::move(images), std::move(classes));
}

}  // namespace

std::shared_ptr<const Dataset> open_images(const fs::path& path, const core::Log& log,
                                           const core::StopRequest* stop) {
  const auto tell = [&](const std::string& used, const std::string& left) {
    log(core::LogLevel::information,
        fmt::format("{}: using {}; {} is left for evaluation", path.string(), used, left));
  };
  if (const auto source = find_source(path, log)) {
    if (source->divided()) {
      tell(shown_part(*source, source->train), shown_part(*source, source->held_out()));
    }
    return source->kind->open({source->train}, {log, stop}).front();
  }
  const auto parts = find_part_folders(path);
  if (!parts.divided()) return open_folder(path, log, stop);
  tell("train/", parts.held_out().filename().string() + "/");
  return open_folder(parts.train, log, stop);
}

}  // namespace dbot::data
