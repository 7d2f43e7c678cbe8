#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// The files of one part of a data set, in order; of a folder of images, the folder.
using PartFiles = std::vector<std::filesystem::path>;

/// A kind of data set, as it lies on a disk.
struct SourceKind {
  std::string_view id;    // "tar": in facts.json
  std::string_view name;  // "tar archives": in messages
  /// True if a file that is named is of this kind; a folder of images is none.
  bool (*accepts)(const std::filesystem::path& file);
  /// What several files of this kind are to each other: nothing; a data set where a pattern names
  /// them; also where they lie in one folder.
  enum class Several { nothing, by_pattern, by_folder } several = Several::nothing;
  /// What labels come from, where there are none.
  std::string_view labels;
  /// The parts as data sets, whose labels count the same classes (of folders: where labels are
  /// wanted). Throws DataError.
  std::vector<std::shared_ptr<const Dataset>> (*open)(const std::vector<PartFiles>& parts,
                                                      const OpenContext& context) = nullptr;
  /// Files of this kind may hold folders for parts, which stand in the keys of their samples.
  bool parts_inside = false;
  /// Its samples may be videos (Content).
  bool videos = false;
};

/// All of them, in the order in which a file is offered to them.
std::span<const SourceKind> source_kinds();

/// The one that accepts the file, null if none does.
const SourceKind* kind_of(const std::filesystem::path& file);

const SourceKind& folder_kind();

/// IDX files have rules of their own: a part is a file of images and, behind it, one of labels.
const SourceKind& idx_kind();

}  // namespace dbot::data
