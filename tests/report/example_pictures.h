#pragma once

#include <filesystem>
#include <string>

#include "dbot/report/pictures/set/picture_set.h"

namespace dbot::report {

/// A set with one group of each kind, a map of `points` samples in two classes and neighbours, all
/// its PNG files written: what a page is tested with. Colours tell the pictures apart.
PictureSet example_set(const std::filesystem::path& run, const std::string& label,
                       std::int64_t step, std::int64_t stage, std::int64_t points = 12);

}  // namespace dbot::report
