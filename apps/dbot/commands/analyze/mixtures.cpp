// dbot analyze mixtures: how well are both images of a mixture reconstructed?
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "apps/dbot/commands/analyze/analyze.h"
#include "apps/dbot/commands/analyze/pair_arguments.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/data/image/value_range.h"
#include "dbot/eval/analysis/mixtures.h"
#include "dbot/report/text/table.h"
#include "dbot/run/stored/picture_folder.h"
#include "dbot/run/stored/stored_method.h"

namespace dbot::app {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments : PairArguments {
  std::optional<double> mask_ratio;
};

/// An error over that of the mean colour; NaN, which JSON has as null, where that is none.
double normalised(double error, const methods::SeparationError& of) {
  return of.mean > 0 ? error / of.mean : std::nan("");
}

Json error_json(const methods::SeparationError& error) {
  return {{"error", error.reconstruction},
          {"mixture", error.mixture},
          {"mean", error.mean},
          {"nmse", normalised(error.reconstruction, error)}};
}

std::string nmse_text(double error, const methods::SeparationError& of) {
  const double value = normalised(error, of);
  return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

Json rows_json(const eval::Mixtures& found) {
  Json rows = Json::array();
  for (const eval::MixturesRow& row : found.rows) {
    rows.push_back({{"lam", row.lam},
                    {"subordinate", error_json(row.subordinate)},
                    {"dominant", row.dominant ? error_json(*row.dominant) : Json(nullptr)}});
  }
  return rows;
}

void print_figures(const eval::Mixtures& found, const PairParts& parts) {
  print_line(fmt::format("{} pairs ({})", found.images, parts.description));
  std::vector<std::vector<std::string>> rows{
      {"lam", "subordinate nmse", "of the mixture", "dominant nmse", "of the mixture"}};
  for (const eval::MixturesRow& row : found.rows) {
    std::vector<std::string> line{fmt::format("{:g}", row.lam)};
    for (const auto& error : {std::optional(row.subordinate), row.dominant}) {
      line.push_back(error ? nmse_text(error->reconstruction, *error) : "");
      line.push_back(error ? nmse_text(error->mixture, *error) : "");
    }
    rows.push_back(std::move(line));
  }
  print(report::text_table(rows));
}

void measure(const Arguments& arguments) {
  check_pairs(arguments, "mixtures");
  eval::ExtractionSettings settings = compute_settings(arguments);
  const run::StoredMethod stored = run::load_stored_method(arguments.model, console_log());
  const methods::MixtureCapability& mixtures =
      run::mixtures_of(stored, "mixtures", arguments.model);
  const PairParts parts = open_parts(arguments);
  eval::MixturesConfig config;
  if (!arguments.lams.empty()) config.lams = arguments.lams;
  config.images = arguments.images;
  config.mask_ratio = arguments.mask_ratio;
  config.intra_rate = arguments.intra_rate;
  config.seed = static_cast<std::uint64_t>(arguments.seed);
  settings.batch_size = arguments.batch;
  settings.values = data::range_of(stored.recipe.data.value_range);
  settings.precision = run::asked_precision(runtime::parse_precision(arguments.precision),
                                            stored.recipe, console_log());
  const eval::Mixtures found =
      eval::measure_mixtures(mixtures, stored.method->backbone().input().images, parts.test, config,
                             settings, stop_request(), console_log());
  if (!arguments.json) return print_figures(found, parts);
  const Json json{{"model", arguments.model},
                  {"rows", rows_json(found)},
                  {"test_images", found.images},
                  {"split", parts.description}};
  print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

void add_mixtures(CommandLine& line, CLI::App& analyze) {
  CLI::App* command =
      analyze.add_subcommand("mixtures", "How well are both images of a mixture reconstructed?");
  auto a = std::make_shared<Arguments>();
  command->add_option("--model", a->model, "Run folder of i-MAE, or one of its checkpoints")
      ->required()
      ->type_name("PATH")
      ->check(not_empty());
  add_pairs(*command, *a, "Held-out images, each the first of a pair (2000)");
  command->add_option("--mask-ratio", a->mask_ratio, "Share of masked patches (as in training)")
      ->type_name("FRACTION");
  add_precision(*command, a->precision);
  add_threads(*command, a->threads);
  command->callback([&line, a] { line.action = [a] { measure(*a); }; });
}

}  // namespace dbot::app
