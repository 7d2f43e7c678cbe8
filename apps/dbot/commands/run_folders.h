#pragma once

#include <filesystem>

// Run folders as commands are given them: what is none is named with the runs that are near.
namespace dbot::app {

/// Whether there is a run, or the beginning of one.
bool is_run(const std::filesystem::path& path);

/// Whether runs lie in a folder.
bool holds_runs(const std::filesystem::path& folder);

/// Throws DataError unless `path` is a folder of a run whose recipe is stored, in the name of the
/// command `operation`. Of a folder of runs it names the newest.
void require_run(const std::filesystem::path& path, const char* operation);

/// The same for a place where no run is: what it is instead.
[[noreturn]] void throw_no_run(const std::filesystem::path& path, const char* operation);

/// The weights file of what is named as a model (exchange::resolve_model_path). Of a folder of runs
/// the DataError names the newest.
std::filesystem::path find_model(const std::filesystem::path& path);

}  // namespace dbot::app
