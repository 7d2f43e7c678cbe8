#include "apps/dbot/commands/run_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code none;
  return fs::exists(path, none);
}

/// Runs in `folder`, the one that was written to last first.
std::vector<fs::path> runs_in(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code none;
    if (!is_run(entry->path())) continue;
    found.emplace_back(fs::last_write_time(entry->path(), none), entry->path());
  }
  std::sort(found.rbegin(), found.rend());
  std::vector<fs::path> runs;
  for (auto& [time, path] : found) runs.push_back(std::move(path));
  return runs;
}

}  // namespace

bool is_run(const fs::path& path) {
  return is_there(path / "recipe.toml") || is_there(path / "metrics.jsonl") ||
         is_there(path / "checkpoints");
}

bool holds_runs(const fs::path& folder) {
  return !runs_in(folder).empty();
}

void throw_no_run(const fs::path& path, const char* operation) {
  ErrorFields fields{
      .operation = operation,
      .subject = path.string(),
      .fault = Fault::missing,
      .reason = "does not exist, expected a run folder, as `dbot pretrain` writes it"};
  std::error_code none;
  const std::vector<fs::path> runs = runs_in(path);
  if (!runs.empty()) {
    fields.fault = Fault::unsupported;
    fields.reason = fmt::format("is a folder of {} {}, expected one of them", runs.size(),
                                runs.size() == 1 ? "run" : "runs");
    fields.way_out = fmt::format("the newest is {}", runs.front().string());
  } else if (fs::exists(path, none) && !fs::is_directory(path, none)) {
    fields.fault = Fault::unsupported;
    fields.reason = "is a file, expected a run folder";
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (is_run(folder)) fields.way_out = fmt::format("name its folder: {}", folder.string());
  } else if (is_there(path)) {
    fields.reason =
        "has no recipe.toml and no metrics.jsonl, expected a run folder, as `dbot pretrain` "
        "writes it";
  }
  throw DataError(std::move(fields));
}

void require_run(const fs::path& path, const char* operation) {
  if (!is_there(path / "recipe.toml")) throw_no_run(path, operation);
}

fs::path find_model(const fs::path& path) {
  try {
    return exchange::resolve_model_path(path);
  } catch (const DataError& error) {
    if (error.fault() != Fault::missing || is_run(path) || !holds_runs(path)) throw;
  }
  throw_no_run(path, "model");
}

}  // namespace dbot::app
