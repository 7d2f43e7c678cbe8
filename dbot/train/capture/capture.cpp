#include "dbot/train/capture/capture.h"

#include <ATen/ops/cat.h>
#include <fmt/format.h>

#include <span>
#include <system_error>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/core/files/file_tree.h"
#include "dbot/core/files/files.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/state_names.h"
#include "dbot/train/capture/capture_names.h"
#include "dbot/train/capture/capture_record.h"
#include "dbot/train/checkpoint/checkpoint_folder.h"
#include "dbot/train/checkpoint/checkpoint_state.h"
#include "dbot/train/checkpoint/manifest.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecordFile = "capture.json";
constexpr const char* kCapturedRecipeFile = "capture.toml";  // not recipe.toml: this is no run

std::string group_of(std::size_t micro) {
  return fmt::format("micro-batch-{}", micro);
}

/// Writes all files but the manifest into the empty folder and returns their names.
std::vector<std::string> write_files(const fs::path& folder, const CapturedStep& step,
                                     const std::function<MicroBatch()>& next_micro_batch) {
  auto names = write_state_files(folder, step.before, step.description);
  for (std::size_t micro = 0; micro < step.record.losses.size(); ++micro) {
    names.push_back(group_of(micro) + ".safetensors");
    exchange::write_tensor_file(folder / names.back(), tensors_of(next_micro_batch()),
                                {{"format", "pt"}}, /*replace=*/false);
  }
  core::write_file_synced(folder / kRecordFile, record_to_json(step.record));
  core::write_file_synced(folder / kCapturedRecipeFile, step.recipe);
  names.insert(names.end(), {kRecordFile, kCapturedRecipeFile});
  return names;
}

}  // namespace

std::string checksum_of_gradients(const std::vector<optim::ParameterGroup>& groups) {
  std::vector<at::Tensor> gradients;
  for (const optim::ParameterGroup& group : groups) gradients.push_back(group.gradients);
  if (gradients.empty()) return core::checksum({});
  const at::Tensor all = at::cat(gradients).cpu().contiguous();
  return core::checksum({static_cast<const std::byte*>(all.const_data_ptr()), all.nbytes()});
}

fs::path write_capture(const fs::path& folder, const CapturedStep& step,
                       const std::function<MicroBatch()>& next_micro_batch) {
  const fs::path target = folder / step_folder_name(step.record.step);
  const fs::path partial = folder / hidden_folder_name(step.record.step, "partial");
  if (fs::exists(target)) return target;
  const auto remove_partial = [&] {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
  };
  try {
    core::create_folders(folder);
    core::remove_tree(partial);
    core::create_folder(partial);
    write_manifest(partial, write_files(partial, step, next_micro_batch));
    core::sync_directory(partial);
    core::rename_path(partial, target);
    core::sync_directory(folder);
  } catch (const DataError&) {
    remove_partial();
    throw;
  } catch (const std::exception& problem) {
    remove_partial();
    throw Error({.operation = "capture",
                 .subject = target.string(),
                 .fault = Fault::unreadable,
                 .reason = fmt::format("cannot be written: {}", problem.what())});
  }
  return target;
}

Capture read_capture(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / kRecordFile, error)) {
    throw DataError(
        {.operation = "capture",
         .subject = folder.string(),
         .fault = Fault::missing,
         .reason = fmt::format("has no {}, expected a folder like RUN/captures/step-00000120",
                               kRecordFile)});
  }
  Capture capture;
  capture.before = read_checkpoint(folder);
  try {
    capture.record = parse_record(core::read_text_file(folder / kRecordFile));
    capture.recipe = core::read_text_file(folder / kCapturedRecipeFile);
    for (std::size_t micro = 0; micro < capture.record.losses.size(); ++micro) {
      capture.micro_batches.push_back(
          micro_batch_of(methods::without_prefix(group_of(micro) + ".", capture.before.tensors)));
    }
  } catch (const Error& problem) {
    throw data_error_about("capture", folder.string(), problem);
  }
  std::erase_if(capture.before.tensors,
                [](const auto& entry) { return entry.first.starts_with("micro-batch-"); });
  return capture;
}

}  // namespace dbot::train
