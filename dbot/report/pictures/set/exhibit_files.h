#pragma once

#include <filesystem>

#include "dbot/report/pictures/set/shown_exhibits.h"

namespace dbot::report {

/// Writes exhibits.json into the folder, whose pictures are already there; removes it where there
/// is nothing to show. Throws Error.
void write_exhibits(const std::filesystem::path& folder, const ShownGallery& gallery);

/// What stands in the folder's exhibits.json; nothing where there is no such file. Nothing in it is
/// trusted: what is damaged, too large, or of a kind that this version does not know is named under
/// `left_out`. Texts may hold anything. Throws nothing of its own.
ShownGallery read_exhibits(const std::filesystem::path& folder);

}  // namespace dbot::report
