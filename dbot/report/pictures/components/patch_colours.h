#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/image.h"

// The colours of patches as a file of a set, FOLDER/KIND-patches.png: the images one below the
// other, one pixel a patch. The colours of a later moment follow them.
namespace dbot::report {

/// images: of one size. Throws Error.
void write_patch_colours(const std::filesystem::path& folder, const std::string& kind,
                         const std::vector<data::Image>& images);

/// uint8 [images·rows·columns of the grid, 3]; undefined where the folder has none of this size.
at::Tensor read_patch_colours(const std::filesystem::path& folder, const std::string& kind,
                              std::int64_t images, core::Size grid);

}  // namespace dbot::report
