#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"

namespace dbot::data {

enum class Part { train, test, all };

/// "train", "test" or "all"; throws UsageError otherwise, naming `option`.
Part parse_part(std::string_view text, std::string_view option);

/// The parts of a data set that is divided already, train and test; of one that is not, all images
/// as one. Their labels count the same classes where they come from one source. Throws DataError as
/// `open_images`.
std::vector<std::shared_ptr<const Dataset>> open_parts(const std::filesystem::path& path,
                                                       const core::Log& log);

struct NamedPart {
  std::string name;  // "train", "val", "test"; empty where nothing is divided
  std::shared_ptr<const Dataset> images;
};

/// All parts that there are, in this order, also test beside val; one without a name where nothing
/// is divided. Throws DataError as `open_images`.
std::vector<NamedPart> open_named_parts(const std::filesystem::path& path, const core::Log& log);

/// The images of a part of a data set that is divided already (train/ beside val/ or test/, or
/// files of such names, sources.h); of one that is not, all images. Throws DataError as
/// `open_images`, and where a test part is asked for that is not there.
std::shared_ptr<const Dataset> open_part(const std::filesystem::path& path, Part part,
                                         const core::Log& log);

}  // namespace dbot::data
