#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dbot::run {

/// What a run folder knows of how its run was begun, beside the recipe.
struct StoredFacts {
  std::string recipe = "run";                  // its name
  std::vector<std::filesystem::path> sources;  // of the images; empty: not known
};

/// Of RUN/run.json. A file that is missing or broken knows nothing: it is a help, no part of the
/// run's state.
StoredFacts read_stored_facts(const std::filesystem::path& run);

}  // namespace dbot::run
