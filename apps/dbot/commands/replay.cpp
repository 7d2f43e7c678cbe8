// dbot replay: repeats a captured step and says where it stops being finite.
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/dbot/commands.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/report/text/table.h"
#include "dbot/run/stored/replay.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string capture, precision;
  bool json = false;
};

std::string figures(const run::Replay& replay, const std::string& capture) {
  Json json{{"capture", capture},
            {"step", replay.recorded.step},
            {"stage", replay.recorded.stage + 1},
            {"precision", runtime::name(replay.precision)},
            {"recorded_precision", runtime::name(replay.recorded_precision)},
            {"bit_identical", replay.bit_identical},
            {"loss", replay.loss},
            {"recorded_loss", replay.recorded.loss},
            {"gradient_norm", replay.gradient_norm},
            {"recorded_gradient_norm", replay.recorded.gradient_norm},
            {"first_not_finite", nullptr},
            {"checks", Json::array()}};
  for (const run::FiniteCheck& check : replay.checks) {
    const Json first = check.first.empty() ? Json(nullptr) : Json(check.first);
    json["checks"].push_back({{"part", check.part},
                              {"values", check.values},
                              {"not_finite", check.not_finite},
                              {"first", first}});
    if (json["first_not_finite"].is_null() && check.not_finite > 0) {
      json["first_not_finite"] = check.part + ": " + check.first;
    }
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_for_people(const run::Replay& replay) {
  print_line(fmt::format("step {} of stage {}", replay.recorded.step, replay.recorded.stage + 1));
  print(report::text_table(
      {{"", "recorded", "now"},
       {"precision", std::string(runtime::name(replay.recorded_precision)),
        std::string(runtime::name(replay.precision))},
       {"loss", fmt::format("{:.9g}", replay.recorded.loss), fmt::format("{:.9g}", replay.loss)},
       {"gradient norm", fmt::format("{:.9g}", replay.recorded.gradient_norm),
        fmt::format("{:.9g}", replay.gradient_norm)},
       {"gradients", replay.recorded.gradients, replay.gradients}}));
  print_line(replay.bit_identical ? "bit for bit the recorded step"
                                  : "not bit for bit the recorded step");
  std::vector<std::vector<std::string>> rows{{"part", "values", "not finite", "first"}};
  for (const run::FiniteCheck& check : replay.checks) {
    rows.push_back({check.part, std::to_string(check.values), std::to_string(check.not_finite),
                    check.first.empty() ? "-" : check.first});
  }
  print(report::text_table(rows));
}

void replay(const Arguments& arguments) {
  std::optional<runtime::Precision> precision;
  if (!arguments.precision.empty()) {
    precision =
        runtime::resolve_precision(runtime::parse_precision(arguments.precision), console_log());
  }
  const run::Replay result = run::replay(arguments.capture, precision, console_log());
  if (arguments.json) return print_line(figures(result, arguments.capture));
  print_for_people(result);
}

}  // namespace

void add_replay(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "replay", "Repeat a captured training step and look for its fault");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  command->add_option("CAPTURE", a->capture, "A folder RUN/captures/step-…")->required();
  command->add_option("--precision", a->precision, "fp32 or bf16 (default: as recorded)");
  command->add_flag("--json", a->json, "Print the figures as one JSON object");
  command->callback([&line, a] { line.action = [a] { replay(*a); }; });
}

}  // namespace dbot::app
