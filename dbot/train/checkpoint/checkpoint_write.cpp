#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "dbot/train/checkpoint/checkpoint_state.h"
#include "dbot/train/checkpoint/manifest.h"

// A kill at any moment leaves the older checkpoints whole. A checkpoint is written in a hidden
// folder and gets its name by one rename; to be removed, it gets a hidden name by one rename first.
namespace dbot::train {
namespace {

namespace fs = std::filesystem;

// Tensors by the part of their name before the first dot, which is dropped.
std::map<std::string, runtime::NamedTensors> divide(const runtime::NamedTensors& tensors) {
  std::map<std::string, runtime::NamedTensors> groups;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t dot = name.find('.');
    const std::string group = name.substr(0, dot);
    const bool plain = !group.empty() && group.find('/') == std::string::npos;
    if (dot == std::string::npos || dot + 1 == name.size() || !plain) {
      throw Error({.operation = "checkpoint",
                   .reason = fmt::format(
                       "a tensor is named '{}', expected a name like 'student.cls_token'", name)});
    }
    groups[group].emplace(name.substr(dot + 1), tensor);
  }
  return groups;
}

// Removes what a killed writer left. The run is locked, so nobody else writes here.
void remove_leftovers(const fs::path& folder) {
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool temporary = entry.path().filename().string().starts_with(".dbot-");
    if (temporary || is_hidden_folder(entry.path())) leftovers.push_back(entry.path());
  }
  for (const fs::path& leftover : leftovers) core::remove_tree(leftover);
}

// Renames `folder` to a hidden name first, one of the step of `checkpoint`, so that a kill leaves
// nothing that looks like a checkpoint.
void hide_and_remove(const fs::path& folder, const fs::path& checkpoint) {
  const fs::path hidden =
      checkpoint.parent_path() / hidden_folder_name(*step_of_folder(checkpoint), "removed");
  core::rename_path(folder, hidden);
  core::remove_tree(hidden);
}

void remove_checkpoint(const fs::path& checkpoint) {
  hide_and_remove(checkpoint, checkpoint);
}

// Gives `partial` its name. If the run fell back and came here again, a folder has that name
// already; the two are swapped in one step and the old one is removed.
void move_into_place(const fs::path& partial, const fs::path& target) {
  if (!fs::exists(target)) {
    core::rename_path(partial, target);
  } else if (core::swap_paths(partial, target)) {
    core::remove_tree(partial);
  } else {
    // This file system cannot swap. For a moment this step has no checkpoint; the one that the run
    // came from is still there.
    remove_checkpoint(target);
    core::rename_path(partial, target);
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

}  // namespace

std::vector<std::string> write_state_files(const fs::path& folder, const Checkpoint& checkpoint,
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
  names.emplace_back(kStateFile);
  core::write_file_synced(folder / kStateFile, state_to_json(checkpoint));
  return names;
}

fs::path write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint,
                          const std::string& encoder_config_json) {
  const std::int64_t step = checkpoint.state.step;
  const fs::path target = folder / step_folder_name(step);
  const fs::path partial = folder / hidden_folder_name(step, "partial");
  try {
    core::create_folders(folder);
    remove_leftovers(folder);
    core::create_folder(partial);
    write_manifest(partial, write_state_files(partial, checkpoint, encoder_config_json));
    core::sync_directory(partial);
    move_into_place(partial, target);
  } catch (const std::exception& problem) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);  // a full disk needs the space
    throw Error({.operation = "checkpoint",
                 .fault = Fault::unreadable,
                 .reason = fmt::format("cannot write {}: {}; earlier checkpoints are not touched",
                                       target.string(), problem.what())});
  }
  return target;
}

std::string point_latest_to(const fs::path& checkpoint) {
  const fs::path latest = checkpoint.parent_path() / kLatest;
  std::error_code ignored;
  try {
    if (fs::is_directory(fs::symlink_status(latest)) && looks_whole(latest)) {
      hide_and_remove(latest, checkpoint);
    }
    core::replace_symlink(latest, checkpoint.filename());
    return {};
  } catch (const std::exception& problem) {
    const fs::path target = fs::read_symlink(latest, ignored);
    if (!target.empty() && target != checkpoint.filename()) fs::remove(latest, ignored);
    return problem.what();
  }
}

// Steps after `current` are left from before the run fell back. The run overwrites them when it
// comes there again.
void prune_checkpoints(const fs::path& current, std::int64_t keep, bool stage_ends) {
  std::vector<fs::path> checkpoints = list_checkpoints(current.parent_path());
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
    } else if (!whole || !stage_ends || !is_stage_end(checkpoint)) {
      remove_checkpoint(checkpoint);
    }
  }
}

}  // namespace dbot::train
