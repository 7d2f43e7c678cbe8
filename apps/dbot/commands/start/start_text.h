#pragma once

#include <string>

#include "dbot/tools/start/decide_start.h"

namespace dbot::app {

/// What was seen, chosen and forecast, for people.
std::string text_of(const tools::StartDecision& decision, const std::string& data);

/// One JSON object: recipe, notes, choices, data, forecast.
std::string json_of(const tools::StartDecision& decision);

/// The part of it that a run needs.
struct StartedRun {
  std::string recipe = {};
  run::RecipeNotes notes = {};
  double forecast_seconds = 0;
  bool labelled = false;
};
StartedRun run_of_json(const std::string& json);

}  // namespace dbot::app
