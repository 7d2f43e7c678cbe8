#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/list/list_file.h"
#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// Image or video files that a list names (list_file.h), in its order. Relative paths count from
/// the list's folder.
class ListDataset final : public Dataset {
 public:
  ListDataset(std::filesystem::path folder, core::TextList paths, Labels labels,
              Content content = Content::images);

  std::int64_t size() const override { return static_cast<std::int64_t>(paths_.size()); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override;
  const std::vector<std::string>& classes() const override { return labels_.classes; }

 private:
  std::filesystem::path folder_;
  core::TextList paths_;
  Labels labels_;
  Content content_;
};

/// What a list names, read as its ending says; `labels` counts those that name no class. Throws
/// DataError if the list names nothing.
std::vector<ListEntry> read_list(const std::filesystem::path& list, LabelReader& labels,
                                 Content content = Content::images);

/// The images that the lists of each part name; the labels of the parts count the same classes.
/// Throws DataError for a list that cannot be read, names nothing, or whose first files are all
/// missing: then its paths count from elsewhere.
std::vector<std::shared_ptr<const Dataset>> open_lists(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context);

}  // namespace dbot::data
