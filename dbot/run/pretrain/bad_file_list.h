#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dbot::run {

/// Adds to the run's list of unreadable files, one "name: what is wrong" a line, those it does not
/// have yet. Touches nothing when there are none.
void add_to_bad_file_list(const std::filesystem::path& list,
                          const std::vector<std::string>& bad_samples);

}  // namespace dbot::run
