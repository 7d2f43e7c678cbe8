#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/source_kinds.h"

// Which data set a path names, where it is not a folder of image files.
namespace dbot::data {

/// Files of one kind, and the parts they are divided into. Undivided: all of them are `train`.
struct Source {
  const SourceKind* kind = nullptr;
  PartFiles train, val, test;
  /// What evaluation reads.
  const PartFiles& held_out() const { return val.empty() ? test : val; }
  bool divided() const { return !held_out().empty(); }
};

/// The source that a file, a pattern (path_pattern.h) or a folder names; none for a folder of image
/// files. Parts are told by the folders train/ beside val/ or test/, or by these words in names:
/// train-000.tar beside val-000.tar. Throws DataError if the path does not exist or is a file of no
/// kind.
std::optional<Source> find_source(const std::filesystem::path& path, const core::Log& log);

/// The training part and what is held out from it, as data sets whose labels count the same
/// classes.
std::vector<std::shared_ptr<const Dataset>> open_source(const Source& source, const core::Log& log);

/// "train-000.tar … train-007.tar", for messages.
std::string shown_files(const PartFiles& files);
/// The same of a part, by its images.
std::string shown_part(const Source& source, const PartFiles& part);

}  // namespace dbot::data
