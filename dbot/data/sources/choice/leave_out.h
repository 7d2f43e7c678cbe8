#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// The parts without the images that `choice.leave_out` names; says how many these are. `path` is
/// what the parts were opened from; a list whose paths count from a folder that does not hold it
/// has nothing to say. `others`: parts of the data set that are not open, which it may name
/// instead. Throws DataError if the list cannot be read, or names all images of a part.
std::vector<std::shared_ptr<const Dataset>> leave_out(
    std::vector<std::shared_ptr<const Dataset>> parts, const Choice& choice,
    const std::filesystem::path& path, const std::vector<std::filesystem::path>& others,
    const core::Log& log);

}  // namespace dbot::data
