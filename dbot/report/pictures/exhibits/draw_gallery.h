#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "dbot/methods/exhibits.h"
#include "dbot/report/pictures/set/shown_exhibits.h"

namespace dbot::report {

/// Draws what a method shows: images, frames and solids become pictures in `folder`, which exists;
/// all else stays as it is. What goes beyond `exhibit_limits` is cut, and captions or `left_out`
/// say so. `channels` of more than 3 are shown; empty: the first three. Throws Error for an exhibit
/// whose parts do not fit each other.
ShownGallery draw_gallery(const methods::Gallery& gallery, const std::filesystem::path& folder,
                          const std::vector<std::int64_t>& channels = {});

}  // namespace dbot::report
