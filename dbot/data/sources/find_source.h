#pragma once

#include <filesystem>
#include <string>

#include "dbot/core/log.h"
#include "dbot/data/sources/content.h"
#include "dbot/data/sources/source_kinds.h"

namespace dbot::data {

/// Files of one kind, and the parts they are divided into. Undivided: all of them are `train`.
struct Source {
  const SourceKind* kind = nullptr;
  PartFiles train, val, test;
  /// What evaluation reads.
  const PartFiles& held_out() const { return val.empty() ? test : val; }
  bool divided() const { return !held_out().empty(); }
};

/// The source that a file, a pattern (path_pattern.h) or a folder names. Parts are told by the
/// folders train/ beside val/ or test/, or by these words in names: train-000.tar beside
/// val-000.tar, in any spelling that is usual (part_names.h). What looks like parts and is not
/// understood is said; `content` is what a folder has to hold to be one of it. Throws DataError if
/// the path does not exist or is a file of no kind.
Source find_source(const std::filesystem::path& path, const core::Log& log,
                   Content content = Content::images);

/// "train-000.tar … train-007.tar", for messages.
std::string shown_files(const PartFiles& files);
/// The same of a part, by its images: "train/".
std::string shown_part(const Source& source, const PartFiles& part);

}  // namespace dbot::data
