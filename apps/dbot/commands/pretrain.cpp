// dbot pretrain: from a recipe and a folder of images to a run folder with weights.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/start/start.h"
#include "apps/dbot/commands/train_run.h"
#include "apps/dbot/shell/started_processes.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/shell_words.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/recipe_for_weights.h"
#include "dbot/runtime/launch/launched.h"
#include "dbot/train/run_folder.h"

namespace dbot::app {
namespace {

struct Arguments {
  std::string recipe, out, device, precision, steps, epochs, seed, labels;
  std::vector<std::string> data, settings;
  std::optional<std::int64_t> threads, capture_step;
  bool resume = false, deterministic = false, json = false;
  StartArguments automatic;  // of the recipe "auto"
  ProcessArguments processes;
};

/// In place of a recipe: what `dbot start` chooses.
constexpr const char* kAutomatic = "auto";
constexpr const char* kResume = "--resume";

/// Options are assignments with names of their own; they come last and so win over --set.
std::vector<std::string> assignments(const Arguments& arguments) {
  std::vector<std::string> all = arguments.settings;
  const auto add = [&all](const char* key, const auto& value) {
    if (value) all.push_back(fmt::format("{}={}", key, *value));
  };
  // Read as texts: what 64 bits do not hold must be refused, not cut.
  const auto add_whole = [&all](const char* key, const std::string& text, const char* option) {
    if (!text.empty()) all.push_back(fmt::format("{}={}", key, whole_number(text, option)));
  };
  add_whole("schedule.total_steps", arguments.steps, "--steps");
  if (!arguments.epochs.empty()) {
    all.push_back(
        fmt::format("schedule.total_epochs={}", length_in_epochs(arguments.epochs, "--epochs")));
  }
  add_whole("train.seed", arguments.seed, "--seed");
  add("train.threads", arguments.threads);
  add("train.capture_step", arguments.capture_step);
  if (!arguments.labels.empty()) all.push_back("evaluate.labels=" + arguments.labels);
  if (!arguments.device.empty()) all.push_back("train.device=" + arguments.device);
  if (!arguments.precision.empty()) all.push_back("train.precision=" + arguments.precision);
  if (arguments.deterministic) all.push_back("train.matrix_products=auto");
  return all;
}

run::PretrainOptions options_of(const Arguments& arguments) {
  if (arguments.out.empty() && arguments.resume) {
    throw UsageError("[pretrain] --resume needs --out, the folder of the run to go on with");
  }
  const std::filesystem::path recipe(arguments.recipe);
  const bool is_file = recipe.extension() == ".toml";
  return {arguments.data.front(),
          arguments.out,
          arguments.resume,
          is_file ? recipe.stem().string() : arguments.recipe,
          {arguments.data.begin() + 1, arguments.data.end()},
          command_texts()};
}

/// The same command with what it lacks to go on with the run that it began.
std::string going_on(const Arguments& arguments, std::vector<std::string> words,
                     const std::string& run) {
  if (arguments.out.empty()) words.insert(words.end(), {"--out", run});
  if (!arguments.resume) words.emplace_back(kResume);
  return command_text(words);
}

/// The recipe of the run that goes on; empty where there is none.
std::string begun_recipe(const Arguments& arguments) {
  const auto file = std::filesystem::path(arguments.out) / "recipe.toml";
  std::error_code ignored;
  const bool begun = arguments.resume && std::filesystem::is_regular_file(file, ignored);
  return begun ? core::read_text_file(file) : std::string();
}

void start_automatically(const Arguments& arguments) {
  if (!arguments.steps.empty() || !arguments.epochs.empty()) {
    throw UsageError({.operation = "pretrain",
                      .subject = arguments.steps.empty() ? "--epochs" : "--steps",
                      .fault = Fault::mismatch,
                      .reason = "is given, but the recipe auto chooses the length by the time",
                      .way_out = "give --minutes or --hours, or name a recipe"});
  }
  if (arguments.processes.processes.value_or(1) != 1) {
    throw UsageError({.operation = "pretrain",
                      .subject = "--processes",
                      .fault = Fault::mismatch,
                      .reason = "is given, but the recipe auto is chosen for one process",
                      .way_out = "leave it out, or name a recipe"});
  }
  StartArguments start = arguments.automatic;
  start.data = arguments.data;
  start.out = arguments.out;
  start.json = arguments.json;
  start.assignments = assignments(arguments);
  app::start(start);
}

void refuse_options_of_auto(const StartArguments& given) {
  if (given.minutes.empty() && given.hours.empty() && !given.dry_run) return;
  throw UsageError(
      {.operation = "pretrain",
       .subject = given.dry_run ? "--dry-run" : (given.hours.empty() ? "--minutes" : "--hours"),
       .fault = Fault::mismatch,
       .reason = "is for the recipe auto, which chooses by it",
       .way_out = "name auto in place of the recipe, or give the length by --epochs or --steps"});
}

/// Processes that are restarted go on with the run in the folder, so it must be named, and be
/// theirs.
void check_restarts(const Arguments& arguments, const std::optional<runtime::Launched>& self) {
  if (arguments.processes.restarts == 0 || self) return;
  if (arguments.out.empty()) {
    throw UsageError({.operation = "pretrain",
                      .subject = "--restarts",
                      .fault = Fault::missing,
                      .reason = "needs --out, the folder of the run to go on with"});
  }
  train::RunFolder::check(arguments.out, arguments.resume);
}

void pretrain(const Arguments& arguments, const std::vector<std::string>& words) {
  const bool automatic = arguments.recipe == kAutomatic;
  if (!automatic) refuse_options_of_auto(arguments.automatic);
  run::PretrainOptions options = options_of(arguments);
  const std::string begun = begun_recipe(arguments);
  if (automatic && begun.empty()) return start_automatically(arguments);
  const run::RecipeText text =
      run::find_recipe(automatic ? (options.out / "recipe.toml").string() : arguments.recipe);
  run::Recipe recipe = run::recipe_with_start(text, assignments(arguments), begun, console_log());
  options.launched = runtime::launched(runtime::environment_variables());
  check_restarts(arguments, options.launched);
  if (started(arguments.processes, options.launched, recipe, words, kResume)) return;
  train_run(std::move(recipe), options, arguments.json,
            [&](const std::string& run) { return going_on(arguments, words, run); });
}

}  // namespace

void add_pretrain(CommandLine& line) {
  CLI::App* command =
      line.parser.add_subcommand("pretrain", "Pre-train a backbone on a folder of images");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("RECIPE", a->recipe, "RECIPE",
      "A recipe's name (dbot recipes), a .toml file, or auto: chosen as by dbot start")
      ->required();
  add("--data", a->data, "PATH",
      "Images: a folder, list, tar, Parquet, pack or IDX; several: one behind the other")
      ->required()
      ->allow_extra_args(false);
  add("--out", a->out, "DIR", "Run folder (default: runs/RECIPE-N)");
  add("--set", a->settings, "KEY=VALUE", "Change one key of the recipe: section.key=value")
      ->allow_extra_args(false);
  auto* epochs = add("--epochs", a->epochs, "N", "Length of the whole run in epochs");
  add("--steps", a->steps, "N", "Length of the whole run in optimizer steps")->excludes(epochs);
  add("--seed", a->seed, "N", "Seed of everything random");
  add("--labels", a->labels, "none|folder|FILE",
      "Where labels for evaluation come from (default: as the data have them)");
  add("--device", a->device, "auto|cpu|cuda|cuda:N", "Where to compute");
  add_precision(*command, a->precision);
  add_threads(*command, a->threads);
  add("--capture-step", a->capture_step, "N", "Keep this step for dbot replay");
  add_process_options(*command, a->processes);
  add_start_options(*command, a->automatic);
  command->add_flag(kResume, a->resume, "Go on with the run in --out, if there is one");
  command->add_flag("--deterministic", a->deterministic,
                    "Choose by rule even what the recipe would measure: the same bits each time");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [&line, a] { pretrain(*a, line.words); }; });
}

}  // namespace dbot::app
