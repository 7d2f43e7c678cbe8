#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "dbot/data/image/image.h"
#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// Writes FOLDER/KIND-NN.png, or .webp of a photograph, and returns its entry. Throws Error.
Picture write_picture(const std::filesystem::path& folder, const std::string& kind,
                      std::int64_t number, const data::Image& image, std::string name,
                      std::string caption);

}  // namespace dbot::report
