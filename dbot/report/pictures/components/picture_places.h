#pragma once

#include <filesystem>

namespace dbot::report {

/// Where pictures of patches go, and where those are whose colours they follow.
struct PicturePlaces {
  std::filesystem::path folder;
  std::filesystem::path earlier = {};  // empty: there are none
};

}  // namespace dbot::report
