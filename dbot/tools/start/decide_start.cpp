#include "dbot/tools/start/decide_start.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/clock.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/run/facts/memory_plan.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/tools/start/look_at_data.h"
#include "dbot/tools/start/look_at_machine.h"

namespace dbot::tools {
namespace {

// What looking may take of the time; a slow step or a large folder may take it a little beyond.
constexpr double kLookingShare = 0.12, kMostLooking = 40, kLeastLooking = 1.5;  // seconds
constexpr double kOfData = 0.3;                                                 // of the looking

std::int64_t assigned_channels(const run::Recipe& recipe,
                               const std::vector<std::string>& assignments) {
  const bool given = std::ranges::any_of(assignments, [](const std::string& assignment) {
    return core::assigned_key(assignment) == "model.channels";
  });
  return given ? run::image_input(recipe, "start").channels : 0;
}

double planned_memory(run::Recipe recipe, const run::StartData& data, std::int64_t program) {
  run::resolve_compute(recipe, core::silent_log());
  const auto evaluated = run::evaluated_images(recipe, data.images, data.classes > 0);
  return run::plan_memory(recipe, evaluated).total() + static_cast<double>(program);
}

std::string head_of(const StartDecision& decision, double seconds) {
  const auto& forecast = decision.plan.forecast;
  return fmt::format(
      "Chosen for {} images in {}; forecast {} for this run ({} of training, {} of evaluations, {} "
      "of pictures), {} of memory. docs/start.md has the rules.",
      report::grouped(decision.data.images), report::duration_text(seconds),
      report::duration_text(forecast.run_seconds()), report::duration_text(forecast.training),
      report::duration_text(forecast.evaluations), report::duration_text(forecast.pictures),
      report::bytes_text(forecast.memory_bytes));
}

}  // namespace

StartDecision decide_start(const StartOptions& options, const core::StopRequest& stop,
                           const core::Log& log, const core::Log& opening_log) {
  const core::Stopwatch clock;
  const double looking = std::clamp(kLookingShare * options.seconds, kLeastLooking, kMostLooking);
  const run::Recipe asked = run::read_recipe("", "start", options.assignments);
  StartDecision decision;
  log(core::LogLevel::information, "looking at the data …");
  const DataLook look =
      look_at_data(options.data, asked, assigned_channels(asked, options.assignments),
                   kOfData * looking, stop, opening_log);
  decision.data = look.data;
  if (!look.trouble.empty()) {
    log(core::LogLevel::warning, fmt::format("[data] images have {}", look.trouble));
  }
  run::check_start_data(decision.data);
  log(core::LogLevel::information,
      fmt::format("timing steps on this machine, about {:.0f} seconds …", looking * (1 - kOfData)));
  MachineLook machine(decision.data, look.images, {options.assignments, looking * (1 - kOfData)},
                      stop);
  run::StartRequest request{.seconds = options.seconds,
                            .looking = looking,
                            .knows_targets = run::recipes_have("stages.targets")};
  const run::StartShape shape = run::choose_shape(
      decision.data, request,
      [&](const run::StartShape& candidate) { return machine.candidate(candidate); });
  const run::StartCosts costs = machine.costs(shape);
  decision.candidates = machine.candidates();
  request.looking = clock.seconds();
  decision.plan = run::plan_start(decision.data, request, shape, costs);

  const run::Recipe recipe = run::parse_recipe(run::start_toml(decision.plan, decision.data),
                                               "start", options.assignments);
  decision.plan.forecast.memory_bytes =
      planned_memory(recipe, decision.data, options.program_bytes);
  decision.reasons = run::reasons_of(decision.plan, decision.data, request);
  decision.notes = run::notes_of(decision.reasons);
  decision.notes.insert(decision.notes.begin(), {"", head_of(decision, options.seconds)});
  decision.recipe = run::with_notes(run::to_toml(recipe), decision.notes);
  return decision;
}

}  // namespace dbot::tools
