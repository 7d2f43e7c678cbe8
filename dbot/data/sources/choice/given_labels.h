#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

namespace dbot::data {

/// The parts of a data set with other labels than their source has. `from` is "none"; "folder":
/// each sample's first folder, but for one of a part; or a list of images with labels
/// (list/list_file.h), whose paths count from `path`, which was opened, or from the list's own
/// folder. Images that the list does not name are unlabelled. All parts count the same classes.
/// Throws DataError for a list that cannot be read, has no labels, or names none of the images.
std::vector<std::shared_ptr<const Dataset>> with_labels(
    std::vector<std::shared_ptr<const Dataset>> parts, const std::string& from,
    const std::filesystem::path& path);

}  // namespace dbot::data
