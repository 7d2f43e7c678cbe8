#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/import/decoder_file.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/formats/safetensors/safetensors.h"

namespace dbot::exchange {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_sound(const fs::path& path) {
  if (!is_file(path)) return false;
  try {
    formats::SafetensorsFile::open(path);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// The student of the newest checkpoint in a run's checkpoints/ folder, if one is sound.
std::optional<fs::path> newest_student(const fs::path& checkpoints) {
  const fs::path latest = checkpoints / "latest" / "student.safetensors";
  std::error_code ignored;
  // A folder in place of the link is a copy of some older checkpoint.
  const bool linked = fs::is_symlink(checkpoints / "latest", ignored);
  if (linked && is_sound(latest)) return latest;
  std::vector<fs::path> steps;
  for (const auto& entry : fs::directory_iterator(checkpoints, ignored)) {
    if (entry.path().filename().string().starts_with("step-")) steps.push_back(entry.path());
  }
  std::sort(steps.rbegin(), steps.rend());  // step numbers are padded: by name is by step
  for (const fs::path& step : steps) {
    if (const fs::path student = step / "student.safetensors"; is_sound(student)) return student;
  }
  if (is_sound(latest)) return latest;
  return std::nullopt;
}

/// A file that lies in a run folder beside the weights, such as its page.
bool is_of_a_run_but_no_weights(const fs::path& path) {
  const auto ending = path.extension();
  return ending == ".html" || ending == ".toml" || ending == ".jsonl" || ending == ".png" ||
         path.filename() == "run.json";
}

[[noreturn]] void throw_no_weights(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  throw DataError({.operation = "model",
                   .subject = path.string(),
                   .fault = Fault::unsupported,
                   .reason = "holds no weights; expected a weights file, a run folder or a "
                             "checkpoint folder",
                   .way_out = is_file(folder / "recipe.toml")
                                  ? fmt::format("name the run's folder: {}", folder.string())
                                  : std::string()});
}

}  // namespace

std::filesystem::path resolve_model_path(const std::filesystem::path& path) {
  if (is_file(path) && is_of_a_run_but_no_weights(path)) throw_no_weights(path);
  if (is_file(path)) return path;
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) {
    throw DataError(
        {.operation = "model",
         .subject = path.string(),
         .fault = Fault::missing,
         .reason = "does not exist; expected a weights file, a run folder or a checkpoint folder"});
  }
  for (const char* name :
       {"model.safetensors", "student.safetensors", "model.safetensors.index.json",
        "pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (is_file(path / name)) return path / name;
  }
  for (const fs::path& checkpoints : {path / "checkpoints", path}) {
    if (const auto student = newest_student(checkpoints)) return *student;
  }
  throw DataError({.operation = "model",
                   .subject = path.string(),
                   .fault = Fault::missing,
                   .reason = "has no weights: looked for model.safetensors, student.safetensors, "
                             "pytorch_model.bin and checkpoints/*/student.safetensors"});
}

std::filesystem::path resolve_autoencoder_path(const std::filesystem::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored) && !is_file(path / "student.safetensors")) {
    if (const auto student = newest_student(path / "checkpoints")) return *student;
  }
  return resolve_model_path(path);
}

}  // namespace dbot::exchange
