#include "tests/golden/support/weights_files.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace dbot::golden {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected = ".expected.safetensors";

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// The longest base of an expected file that the name belongs to; empty if there is none.
std::string claimed_by(const fs::path& file) {
  std::string longest;
  for (const fs::path& other : files_in(file.parent_path())) {
    const std::string name = other.filename().string();
    if (!name.ends_with(kExpected)) continue;
    const std::string base = name.substr(0, name.size() - kExpected.size());
    const std::string stem = file.stem().string();
    const bool belongs =
        stem == base || stem.starts_with(base + "_") || stem.starts_with(base + ".");
    if (belongs && base.size() > longest.size()) longest = base;
  }
  return longest;
}

}  // namespace

std::string base_of(const fs::path& fixture) {
  const std::string name = fixture.stem().string();
  return name.substr(0, name.rfind('.'));
}

std::vector<fs::path> torch_files(const fs::path& folder) {
  std::vector<fs::path> files = files_in(folder);
  std::erase_if(files, [](const fs::path& file) {
    constexpr std::array<std::string_view, 3> kExtensions{".pth", ".pt", ".bin"};
    return std::ranges::find(kExtensions, file.extension().string()) == kExtensions.end();
  });
  return files;
}

std::vector<fs::path> files_of(const fs::path& fixture) {
  std::vector<fs::path> files = torch_files(fixture.parent_path());
  std::erase_if(files, [&](const fs::path& file) { return claimed_by(file) != base_of(fixture); });
  return files;
}

std::vector<fs::path> unclaimed_files(const fs::path& folder) {
  std::vector<fs::path> files = torch_files(folder);
  std::erase_if(files, [](const fs::path& file) { return !claimed_by(file).empty(); });
  return files;
}

}  // namespace dbot::golden
