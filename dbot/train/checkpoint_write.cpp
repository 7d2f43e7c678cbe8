#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <system_error>

#include "dbot/core/error.h"
#include "dbot/core/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/train/checkpoint.h"
#include "dbot/train/checkpoint_folder.h"
#include "dbot/train/checkpoint_state.h"
#include "dbot/train/manifest.h"

// A kill at any moment leaves the older checkpoints whole: all work happens in hidden folders, a
// finished one appears under its name by one rename, and one to be removed disappears by one.
namespace dbot::train {
namespace {

namespace fs = std::filesystem;

// Tensors by the part of their name before the first dot, which is dropped.
std::map<std::string, nn::NamedTensors> divide(const nn::NamedTensors& tensors) {
  std::map<std::string, nn::NamedTensors> groups;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t dot = name.find('.');
    const std::string group = name.substr(0, dot);
    const bool plain = !group.empty() && group.find('/') == std::string::npos;
    if (dot == std::string::npos || dot + 1 == name.size() || !plain) {
      throw Error(fmt::format(
          "[checkpoint] a tensor is named '{}', expected a name like 'student.cls_token'", name));
    }
    groups[group].emplace(name.substr(dot + 1), tensor);
  }
  return groups;
}

void fill_folder(const fs::path& folder, const Checkpoint& checkpoint,
                 const std::string& encoder_config_json) {
  std::vector<std::string> names;
  for (const auto& [group, tensors] : divide(checkpoint.tensors)) {
    std::map<std::string, std::string> header{{"format", "pt"}};
    if (group == "student" && !encoder_config_json.empty()) {
      header["dbot.config"] = encoder_config_json;
    }
    names.push_back(group + ".safetensors");
    exchange::write_tensor_file(folder / names.back(), tensors, header, /*replace=*/false);
  }
  names.emplace_back(state_file);
  core::write_file_synced(folder / state_file, state_to_json(checkpoint));
  write_manifest(folder, names);
  core::sync_directory(folder);
}

// What a killed writer left: the run is locked, so nobody else is writing here.
void remove_leftovers(const fs::path& folder) {
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool temporary = entry.path().filename().string().starts_with(".dbot-");
    if (temporary || is_hidden_folder(entry.path())) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) fs::remove_all(leftover);
}

// Under a hidden name first, so that a kill in between leaves nothing that looks like a checkpoint.
void remove_checkpoint(const fs::path& checkpoint) {
  const fs::path hidden =
      checkpoint.parent_path() / hidden_folder_name(*step_of_folder(checkpoint), "removed");
  fs::rename(checkpoint, hidden);
  fs::remove_all(hidden);
}

// Gives `partial` its name. A folder that already has it (the run fell back and came here again) is
// swapped in one step and then removed.
void move_into_place(const fs::path& partial, const fs::path& target) {
  if (!fs::exists(target)) {
    fs::rename(partial, target);
  } else if (::renameat2(AT_FDCWD, partial.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) ==
             0) {
    fs::remove_all(partial);
  } else if (errno == EINVAL || errno == ENOSYS) {
    // A file system without swapping: for a moment there is none of this step, but the checkpoint
    // the run came from is still there.
    remove_checkpoint(target);
    fs::rename(partial, target);
  } else {
    throw std::system_error(errno, std::generic_category(), "cannot replace " + target.string());
  }
  core::sync_directory(target.parent_path());
}

bool is_stage_end(const fs::path& checkpoint) {
  try {
    return read_state(checkpoint).stage_end;
  } catch (const Error&) {
    return false;
  }
}

bool looks_whole(const fs::path& checkpoint) {
  try {
    check_sizes(checkpoint, read_manifest(checkpoint));
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Keeps `current`, the newest `keep` whole ones up to it and the ends of stages. Later steps belong
// to a run that fell back; they are overwritten when the run comes there again.
void prune(const fs::path& folder, const fs::path& current, std::int64_t keep) {
  std::vector<fs::path> checkpoints = list_checkpoints(folder);
  std::erase_if(checkpoints, [&](const fs::path& checkpoint) {
    return *step_of_folder(checkpoint) > *step_of_folder(current);
  });
  std::reverse(checkpoints.begin(), checkpoints.end());
  std::int64_t kept = 0;
  for (const fs::path& checkpoint : checkpoints) {
    const bool whole = looks_whole(checkpoint);
    const bool wanted = checkpoint == current || (whole && kept < std::max<std::int64_t>(keep, 1));
    if (wanted) {
      ++kept;
    } else if (!whole || !is_stage_end(checkpoint)) {
      remove_checkpoint(checkpoint);
    }
  }
}

}  // namespace

fs::path write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint, std::int64_t keep,
                          const std::string& encoder_config_json) {
  const std::int64_t step = checkpoint.state.step;
  const fs::path target = folder / step_folder_name(step);
  const fs::path partial = folder / hidden_folder_name(step, "partial");
  try {
    if (fs::create_directories(folder)) core::sync_directory(folder / "..");
    remove_leftovers(folder);
    fs::create_directory(partial);
    fill_folder(partial, checkpoint, encoder_config_json);
    move_into_place(partial, target);
    core::replace_symlink(folder / "latest", target.filename());
    prune(folder, target, keep);
  } catch (const std::exception& problem) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw Error(fmt::format(
        "[checkpoint] cannot write {}: {}; earlier checkpoints are not touched, free the disk or "
        "its permissions and --resume",
        target.string(), problem.what()));
  }
  return target;
}

}  // namespace dbot::train
