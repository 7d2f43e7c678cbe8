#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "dbot/core/text_list.h"

// Masks and depth maps that lie beside the photographs they belong to. Their names tell candidates,
// their content decides.
namespace dbot::data {

/// Places in `names`, ascending, of those that are masks: PNG files with the name of a photograph
/// in the same folder, either all but the ending ("1.png" beside "1.jpg") or with "mask", "depth",
/// "seg" or the like behind it ("1_mask.png" beside "1.png"). The former have one channel and few
/// values, the latter one of these, or three equal channels. Reads the candidates; of thousands
/// some stand for all.
std::vector<std::size_t> find_masks(const std::filesystem::path& folder,
                                    const core::TextList& names);

}  // namespace dbot::data
