#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "dbot/train/checkpoint/checkpoint_state.h"
#include "dbot/train/checkpoint/manifest.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

// In the order in which they are tried. The one `latest` points to comes first, since later steps
// are left from before the run fell back to it. The others follow, newest first, and at last what
// stands in the place of `latest`: perhaps the one checkpoint that somebody copied.
std::vector<fs::path> candidates(const fs::path& folder) {
  std::vector<fs::path> found = list_checkpoints(folder);
  std::reverse(found.begin(), found.end());
  std::error_code error;
  const fs::path latest = fs::read_symlink(folder / kLatest, error);
  if (error) {
    if (fs::exists(folder / kLatest / kManifestFile, error)) found.push_back(folder / kLatest);
    return found;
  }
  const auto position = std::find_if(found.begin(), found.end(), [&](const fs::path& checkpoint) {
    return checkpoint.filename() == latest.filename();
  });
  if (position != found.end()) std::rotate(found.begin(), position, position + 1);
  return found;
}

}  // namespace

Checkpoint read_checkpoint(const fs::path& folder) {
  const Manifest manifest = read_manifest(folder);
  check_contents(folder, manifest);
  if (!manifest.files.contains(kStateFile)) {
    throw DataError({.operation = "checkpoint",
                     .subject = folder.string(),
                     .fault = Fault::missing,
                     .reason = fmt::format(": its manifest lacks {}", kStateFile)});
  }
  Checkpoint checkpoint = read_state(folder);
  for (const auto& [name, entry] : manifest.files) {
    if (fs::path(name).extension() != ".safetensors") continue;
    const std::string group = fs::path(name).stem().string();
    for (auto& [tensor_name, tensor] : exchange::read_tensor_file(folder / name).tensors) {
      checkpoint.tensors.emplace(group + "." + tensor_name, std::move(tensor));
    }
  }
  return checkpoint;
}

std::optional<Checkpoint> read_newest_checkpoint(const fs::path& folder, const core::Log& log) {
  const std::vector<fs::path> found = candidates(folder);
  for (const fs::path& checkpoint : found) {
    try {
      return read_checkpoint(checkpoint);
    } catch (const Error& problem) {
      log(core::LogLevel::warning, fmt::format("{}; it is passed over", problem.what()));
    }
  }
  if (found.empty()) return std::nullopt;
  throw DataError({.operation = "resume",
                   .fault = Fault::corrupt,
                   .reason = fmt::format("none of the {} checkpoints in {} is whole", found.size(),
                                         folder.string()),
                   .way_out = "restore one from a backup, or start anew in another folder"});
}

}  // namespace dbot::train
