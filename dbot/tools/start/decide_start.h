#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/run/start/start_recipe.h"

namespace dbot::tools {

struct StartOptions {
  std::vector<std::filesystem::path> data = {};
  double seconds = 1800;                      // of the whole
  std::vector<std::string> assignments = {};  // key=value, stronger than what is chosen
  std::int64_t program_bytes = 0;             // what the process held before it looked
};

/// What a look at data and machine led to.
struct StartDecision {
  run::StartData data;
  run::StartPlan plan;
  std::vector<run::StartReason> reasons;
  run::RecipeNotes notes;
  std::string recipe;  // complete, with the notes
  std::int64_t candidates = 0;
};

/// Looks at the data, then at the machine, and chooses a recipe by the rules of run/start. Takes a
/// minute at most, of short runs less. `log` is told what is done, `opening_log` of the data.
/// Throws UsageError, DataError and Stopped; nothing is written.
StartDecision decide_start(const StartOptions& options, const core::StopRequest& stop,
                           const core::Log& log, const core::Log& opening_log);

}  // namespace dbot::tools
