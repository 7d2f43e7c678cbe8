#include "dbot/data/sources/folder/folder_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::data {

std::string_view class_folder(std::string_view relative_path) {
  const auto slash = relative_path.find('/');
  return slash == std::string_view::npos ? std::string_view{} : relative_path.substr(0, slash);
}

FolderDataset::FolderDataset(const std::filesystem::path& root, core::TextList relative_paths,
                             std::vector<std::string> classes, Content content)
    // The empty name gives the slash, unless there is one.
    : root_((root / "").string()),
      paths_(std::move(relative_paths)),
      classes_(std::move(classes)),
      content_(content) {}

void FolderDataset::read(std::int64_t index, Sample& sample) const {
  sample.begin().assign(root_).append(path(index));
  read_file(content_, sample.name(), sample);
}

std::int64_t FolderDataset::label(std::int64_t index) const {
  const auto folder = class_folder(path(index));
  const auto found = std::lower_bound(classes_.begin(), classes_.end(), folder);
  return found != classes_.end() && *found == folder ? found - classes_.begin() : -1;
}

std::string FolderDataset::name(std::int64_t index) const {
  return root_ + std::string(path(index));
}

std::string_view FolderDataset::path(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw Error(fmt::format("[data] {} {} of {} in {}", word_of(content_), index, size(), root_));
  }
  return paths_[static_cast<std::size_t>(index)];
}

}  // namespace dbot::data
