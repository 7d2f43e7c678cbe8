#include "dbot/train/checkpoint/checkpoint_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "dbot/train/checkpoint/checkpoint.h"

namespace dbot::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStepPrefix = "step-";

}  // namespace

std::string step_folder_name(std::int64_t step) {
  return fmt::format("{}{:08}", kStepPrefix, step);
}

std::optional<std::int64_t> step_of_folder(const fs::path& folder) {
  const std::string name = folder.filename().string();
  if (!name.starts_with(kStepPrefix)) return std::nullopt;
  std::int64_t step = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kStepPrefix.size(), end, step);
  // Only the one spelling that is written, so that no two folders stand for the same step.
  const bool number = error == std::errc() && stop == end && step >= 0;
  if (!number || name != step_folder_name(step)) return std::nullopt;
  return step;
}

std::string hidden_folder_name(std::int64_t step, std::string_view purpose) {
  return fmt::format(".{}.{}-{}", step_folder_name(step), purpose, ::getpid());
}

bool is_hidden_folder(const fs::path& folder) {
  return folder.filename().string().starts_with("." + std::string(kStepPrefix));
}

std::vector<fs::path> list_checkpoints(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (step_of_folder(entry->path()) && entry->is_directory(error)) found.push_back(entry->path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return *step_of_folder(a) < *step_of_folder(b);
  });
  return found;
}

}  // namespace dbot::train
