#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// The image files under one folder for each part. Each part has classes of its own, if its class
/// folders are several and no image comes before them; where labels are wanted, all parts count the
/// classes of any. Throws DataError for a folder without an image, saying what was found instead;
/// Stopped when asked to stop.
std::vector<std::shared_ptr<const Dataset>> open_folders(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context);

}  // namespace dbot::data
