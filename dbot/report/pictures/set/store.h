#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// Makes the folder of a set in one step: `draw` fills a hidden folder beside it with PNG files and
/// returns the set, then pictures.json is written and the folder renamed. What had the name before
/// is replaced. If anything fails, what was there stays and the error goes on. Throws Error.
void replace_picture_set(const std::filesystem::path& folder,
                         const std::function<PictureSet(const std::filesystem::path&)>& draw);

/// Removes the run's sets of later steps than `step`, which a resumed run makes again, and what a
/// kill has left half done. Throws Error.
void remove_later_picture_sets(const std::filesystem::path& run, std::int64_t step);

}  // namespace dbot::report
