#pragma once

#include <filesystem>
#include <memory>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"

namespace dbot::data {

/// The images beside those that `open_images` gives for the same path: val/ or test/ beside train/,
/// files of such names (sources.h). Null if the data are not divided, or that part has no images.
std::shared_ptr<const Dataset> open_held_out(const std::filesystem::path& path,
                                             const core::Log& log);

}  // namespace dbot::data
