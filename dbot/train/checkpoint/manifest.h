#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace dbot::train {

inline constexpr const char* kManifestFile = "manifest.json";

struct ManifestEntry {
  std::uint64_t bytes = 0;
  std::string checksum;  // XXH3 128, 32 hexadecimal digits
  bool operator==(const ManifestEntry&) const = default;
};

/// What a checkpoint folder must hold: the last file written into it.
struct Manifest {
  std::map<std::string, ManifestEntry> files;  // by name inside the folder
};

/// Measures the named files of `folder` and writes manifest.json beside them, fsynced.
void write_manifest(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// Reads manifest.json. Throws DataError if it is missing, not ours or of another version.
Manifest read_manifest(const std::filesystem::path& folder);

/// Throws DataError naming the first file that is missing or has another size. This finds torn
/// writes without reading the files.
void check_sizes(const std::filesystem::path& folder, const Manifest& manifest);

/// Sizes and checksums of all files; reads every byte.
void check_contents(const std::filesystem::path& folder, const Manifest& manifest);

}  // namespace dbot::train
