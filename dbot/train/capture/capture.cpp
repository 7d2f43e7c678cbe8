#include "dbot/train/capture/capture.h"

#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <span>
#include <system_error>

#include "dbot/core/error.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/methods/state_names.h"
#include "dbot/train/capture/capture_names.h"
#include "dbot/train/capture/capture_record.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "dbot/train/checkpoint/checkpoint_state.h"
#include "dbot/train/checkpoint/manifest.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* record_file = "capture.json";
constexpr const char* captured_recipe_file = "capture.toml";  // not recipe.toml: this is no run

std::string group_of(std::size_t micro) {
  return fmt::format("micro-batch-{}.", micro);
}

Checkpoint with_micro_batches(const Capture& capture) {
  Checkpoint all = capture.before;
  for (std::size_t micro = 0; micro < capture.micro_batches.size(); ++micro) {
    all.tensors.merge(
        methods::with_prefix(group_of(micro), tensors_of(capture.micro_batches[micro])));
  }
  return all;
}

}  // namespace

std::string checksum_of_gradients(const std::vector<optim::ParameterGroup>& groups) {
  std::vector<at::Tensor> gradients;
  for (const optim::ParameterGroup& group : groups) gradients.push_back(group.gradients);
  if (gradients.empty()) return core::checksum({});
  const at::Tensor all = at::cat(gradients).contiguous();
  return core::checksum({static_cast<const std::byte*>(all.const_data_ptr()), all.nbytes()});
}

fs::path write_capture(const fs::path& folder, const Capture& capture) {
  const std::int64_t step = capture.record.step;
  const fs::path target = folder / step_folder_name(step);
  const fs::path partial = folder / hidden_folder_name(step, "partial");
  if (fs::exists(target)) return target;
  try {
    core::create_folders(folder);
    core::remove_tree(partial);
    core::create_folder(partial);
    auto names = write_state_files(partial, with_micro_batches(capture), capture.encoder);
    core::write_file_synced(partial / record_file, record_to_json(capture.record));
    core::write_file_synced(partial / captured_recipe_file, capture.recipe);
    names.insert(names.end(), {record_file, captured_recipe_file});
    write_manifest(partial, names);
    core::sync_directory(partial);
    core::rename_path(partial, target);
    core::sync_directory(folder);
  } catch (const std::exception& problem) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw Error(fmt::format("[capture] cannot write {}: {}", target.string(), problem.what()));
  }
  return target;
}

Capture read_capture(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / record_file, error)) {
    throw DataError(
        fmt::format("[capture] {} has no {}; expected a folder like RUN/captures/step-00000120",
                    folder.string(), record_file));
  }
  Capture capture;
  capture.before = read_checkpoint(folder);
  try {
    capture.record = parse_record(core::read_text_file(folder / record_file));
    capture.recipe = core::read_text_file(folder / captured_recipe_file);
    for (std::size_t micro = 0; micro < capture.record.losses.size(); ++micro) {
      capture.micro_batches.push_back(
          micro_batch_of(methods::without_prefix(group_of(micro), capture.before.tensors)));
    }
  } catch (const Error& problem) {
    throw DataError(fmt::format("[capture] {}: {}", folder.string(), problem.what()));
  }
  std::erase_if(capture.before.tensors,
                [](const auto& entry) { return entry.first.starts_with("micro-batch-"); });
  return capture;
}

}  // namespace dbot::train
