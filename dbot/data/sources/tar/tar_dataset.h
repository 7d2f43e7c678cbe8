#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "dbot/data/dataset.h"
#include "dbot/data/sources/open_context.h"

namespace dbot::data {

/// Images in tar archives, read where they lie: plain ones (formats/tar_reader.h), and .tar.gz and
/// .tar.zst through an unpacked copy (unpacked_archive.h). A sample's label is what its archive
/// says of it (tar_scan.h), else the folder it lies in, where those tell images apart. `parts` are
/// the archives of each part of the data set; their labels count the same classes. Throws DataError
/// for archives that are not sound, and for a part without an image.
std::vector<std::shared_ptr<const Dataset>> open_tars(
    const std::vector<std::vector<std::filesystem::path>>& parts, const OpenContext& context);

}  // namespace dbot::data
