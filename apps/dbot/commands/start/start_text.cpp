#include "apps/dbot/commands/start/start_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/dbot/terminal/shell_words.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/report/text/quantity_text.h"
#include "dbot/report/text/table.h"
#include "dbot/run/start/start_rules.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;
using report::duration_text;
using report::grouped;

constexpr double kSlowLoading = 0.5;     // of the time of training
constexpr double kFewDistinct = 0.9;     // of the images that were looked at
constexpr std::int64_t kPackedRoom = 2;  // packed sides of the network's, so that crops differ

std::string data_text(const run::StartData& data) {
  return fmt::format(
      "{} images, {:.0f} px at the shorter side (median), {} channels, {}", grouped(data.images),
      data.shorter_side, data.channels,
      data.classes > 0 ? fmt::format("{} classes", data.classes) : std::string("no labels"));
}

/// Columns of names and choices, and what is left of the line for the reasons.
std::string table_of(const std::vector<run::StartReason>& reasons) {
  std::size_t names = 0, choices = 0;
  for (const auto& reason : reasons) {
    names = std::max(names, report::display_width(reason.what));
    choices = std::max(choices, report::display_width(reason.choice));
  }
  std::string text;
  for (const auto& reason : reasons) {
    if (reason.what.empty()) continue;  // the same for all: docs/start.md
    text += fmt::format("  {:<{}}  {:<{}}  {}\n", reason.what, names, reason.choice, choices,
                        reason.why);
  }
  return text;
}

std::string forecast_text(const run::StartForecast& forecast) {
  std::string text = fmt::format(
      "forecast: {} (set-up {}, training {}, evaluations {}, pictures {}), {} of memory\n",
      duration_text(forecast.run_seconds()), duration_text(forecast.set_up),
      duration_text(forecast.training), duration_text(forecast.evaluations),
      duration_text(forecast.pictures), report::bytes_text(forecast.memory_bytes));
  return text;
}

/// What would make the run better and is no matter of a recipe.
std::string advice(const tools::StartDecision& decision, const std::string& data) {
  std::string text;
  const auto& [facts, plan] = std::pair(decision.data, decision.plan);
  if (plan.loading_share > kSlowLoading) {
    const auto side = kPackedRoom * run::kSizeRules.at(plan.shape.size).image_size;
    text += fmt::format(
        "loading limits: it takes {:.0f} % of the time of training ({:.3g} megapixels an image). "
        "Packed small once, images come quicker:\n  {}\n",
        100 * plan.loading_share, facts.megapixels,
        command_text({"data", "pack", data, "PACK", "--size", std::to_string(side)}));
  }
  if (static_cast<double>(facts.distinct) < kFewDistinct * static_cast<double>(facts.readable)) {
    text +=
        fmt::format("copies: of {} images that were looked at {} differ; `{}` lists the others\n",
                    facts.readable, facts.distinct, command_text({"data", "check", data}));
  }
  if (facts.readable < facts.looked_at) {
    text += fmt::format("{} of {} images that were looked at cannot be read; `{}` says why\n",
                        facts.looked_at - facts.readable, facts.looked_at,
                        command_text({"data", "check", data}));
  }
  return text;
}

}  // namespace

std::string text_of(const tools::StartDecision& decision, const std::string& data) {
  return fmt::format("{}: {}\nchosen, with {} candidate{} timed:\n{}{}{}", data,
                     data_text(decision.data), decision.candidates,
                     decision.candidates == 1 ? "" : "s", table_of(decision.reasons),
                     forecast_text(decision.plan.forecast), advice(decision, data));
}

std::string json_of(const tools::StartDecision& decision) {
  const auto& data = decision.data;
  const auto& plan = decision.plan;
  const auto& forecast = plan.forecast;
  Json choices = Json::array(), notes = Json::array();
  for (const auto& reason : decision.reasons) {
    if (reason.what.empty()) continue;
    choices.push_back({{"what", reason.what}, {"choice", reason.choice}, {"why", reason.why}});
  }
  for (const auto& [key, note] : decision.notes) notes.push_back({{"key", key}, {"note", note}});
  const Json json{{"recipe", decision.recipe},
                  {"notes", notes},
                  {"choices", choices},
                  {"data",
                   {{"images", data.images},
                    {"shorter_side", data.shorter_side},
                    {"megapixels", data.megapixels},
                    {"channels", data.channels},
                    {"classes", data.classes}}},
                  {"stages", plan.targets},
                  {"images_seen", plan.images_seen},
                  {"candidates", decision.candidates},
                  {"loading_share", plan.loading_share},
                  {"forecast",
                   {{"seconds", forecast.run_seconds()},
                    {"looking_seconds", forecast.looking},
                    {"set_up_seconds", forecast.set_up},
                    {"training_seconds", forecast.training},
                    {"evaluation_seconds", forecast.evaluations},
                    {"picture_seconds", forecast.pictures},
                    {"memory_bytes", std::llround(forecast.memory_bytes)}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

StartedRun run_of_json(const std::string& text) {
  const Json json = Json::parse(text);
  StartedRun run{.recipe = json.at("recipe").get<std::string>()};
  for (const auto& note : json.at("notes")) {
    run.notes.emplace_back(note.at("key").get<std::string>(), note.at("note").get<std::string>());
  }
  run.forecast_seconds = json.at("forecast").at("seconds").get<double>();
  run.labelled = json.at("data").at("classes").get<std::int64_t>() > 0;
  return run;
}

}  // namespace dbot::app
