#pragma once

#include <filesystem>

#include "dbot/core/log.h"
#include "dbot/data/sources/content.h"

namespace dbot::data {

/// The folders of a data set that is divided already; empty paths where there is none.
struct PartFolders {
  std::filesystem::path train, val, test;
  bool divided() const { return !train.empty() && !(val.empty() && test.empty()); }
};

/// The parts among the folders in `folder`, told by their names (part_names.h); dbot's own output
/// is none. Of several for one part the most usual name counts, and the others are named in the
/// log. Where folders look like parts but do not divide the set, a warning says so: they would be
/// taken for classes, and what is meant for evaluation would be trained on.
PartFolders find_part_folders(const std::filesystem::path& folder, const core::Log& log,
                              Content content = Content::images);

}  // namespace dbot::data
