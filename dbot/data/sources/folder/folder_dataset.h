#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/content.h"

namespace dbot::data {

/// The first folder of a relative path, which names the class; empty for a file without one.
std::string_view class_folder(std::string_view relative_path);

/// Image or video files under one folder, in the given order.
class FolderDataset final : public Dataset {
 public:
  /// `classes` is sorted; a file's label is the place of its class folder in it. Empty: unlabelled.
  FolderDataset(const std::filesystem::path& root, core::TextList relative_paths,
                std::vector<std::string> classes, Content content = Content::images);

  std::int64_t size() const override { return static_cast<std::int64_t>(paths_.size()); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override { return std::string(path(index)); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::string_view path(std::int64_t index) const;

  std::string root_;      // with a slash at its end
  core::TextList paths_;  // relative to root_
  std::vector<std::string> classes_;
  Content content_;
};

}  // namespace dbot::data
