// dbot start: from a folder of images and a time to a recipe, and to its run.
#include "apps/dbot/commands/start/start.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "apps/dbot/commands/start/start_text.h"
#include "apps/dbot/commands/train_run.h"
#include "apps/dbot/terminal/child_process.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/console.h"
#include "apps/dbot/terminal/shell_words.h"
#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/runtime/machine.h"
#include "dbot/train/run_folder.h"

namespace dbot::app {
namespace {

constexpr double kDefaultMinutes = 30;
constexpr double kYear = 366 * 24 * 3600.0;  // seconds
constexpr double kShortest = 5;              // seconds
constexpr const char* kName = "start";       // of the recipe, and of its run folder

/// The time that is asked for, in seconds.
double time_of(const StartArguments& arguments) {
  const bool in_hours = !arguments.hours.empty();
  const char* option = in_hours ? "--hours" : "--minutes";
  const std::string& text = in_hours ? arguments.hours : arguments.minutes;
  const double number = text.empty() ? kDefaultMinutes : length_in_epochs(text, option);
  const double seconds = number * (in_hours ? 3600 : 60);
  if (seconds > kYear) {
    throw UsageError({.operation = "start",
                      .subject = option,
                      .fault = Fault::too_large,
                      .reason = fmt::format("is {}, more than a year", text),
                      .way_out = "give less: a run can be gone on with, and a longer one made of "
                                 "its recipe by --epochs"});
  }
  if (seconds < kShortest) {
    throw UsageError(
        {.operation = "start",
         .subject = option,
         .fault = Fault::too_large,
         .reason = fmt::format("is {}, expected at least {:.0f} seconds", text, kShortest),
         .way_out = "a first run that says something takes some minutes"});
  }
  return seconds;
}

/// In a process of its own: what it times leaves no trace in the run's memory.
std::string decide(const StartArguments& arguments, double seconds) {
  const std::int64_t program = runtime::peak_memory_bytes();
  return result_of_child([&] {
    tools::StartOptions options{
        .seconds = seconds, .assignments = arguments.assignments, .program_bytes = program};
    options.data.assign(arguments.data.begin(), arguments.data.end());
    // The run says again what there is to say of opening the data.
    const core::Log opening = arguments.dry_run ? console_log() : core::silent_log();
    const auto decision = tools::decide_start(options, stop_request(), console_log(), opening);
    complain_raw(text_of(decision, arguments.data.front()));
    return json_of(decision);
  });
}

std::vector<std::string> with_data(std::vector<std::string> words, const StartArguments& arguments,
                                   const std::vector<std::string>& more) {
  for (const std::string& source : arguments.data) words.insert(words.end(), {"--data", source});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void tell_dry_run(const StartArguments& arguments) {
  complain(fmt::format("nothing was begun; with the recipe above in a file, the same run is\n  {}",
                       command_text(with_data({"pretrain", "recipe.toml"}, arguments, {}))));
}

/// The end of a run that finished: what it took, and what comes next.
void tell_next(const StartArguments& arguments, const StartedRun& run, const std::string& out,
               double took) {
  complain(fmt::format("took     {}, the forecast was {}", report::duration_text(took),
                       report::duration_text(run.forecast_seconds)));
  const std::string& data = arguments.data.front();
  complain("next");
  if (run.labelled) {
    complain("  " + command_text({"evaluate", "finetune", "--model", out, "--data", data,
                                  "--labels", "10%"}));
  }
  complain("  " + command_text(
                      {"embed", "--model", out, "--data", data, "--out", "features.safetensors"}));
  complain("  " + command_text({"start", data, "--hours", "2"}) + "  # longer learns more");
}

void train(const StartArguments& arguments, const StartedRun& run) {
  run::PretrainOptions options;
  options.data = arguments.data.front();
  options.more_data.assign(arguments.data.begin() + 1, arguments.data.end());
  options.out = arguments.out;
  options.recipe = kName;
  options.commands = command_texts();
  options.notes = run.notes;
  const core::Stopwatch clock;
  const auto out = train_run(
      run::read_recipe(run.recipe, kName), options, arguments.json, [&](const std::string& folder) {
        const std::string recipe = (std::filesystem::path(folder) / "recipe.toml").string();
        return command_text(
            with_data({"pretrain", recipe}, arguments, {"--out", folder, "--resume"}));
      });
  if (!arguments.json) tell_next(arguments, run, out.string(), clock.seconds());
}

/// What `dbot start` has beside the other.
struct OwnArguments {
  StartArguments start;
  std::string dir, seed, labels;
  std::optional<std::int64_t> threads;
};

StartArguments together(const OwnArguments& own) {
  StartArguments arguments = own.start;
  arguments.data = {own.dir};
  auto& all = arguments.assignments;
  if (!own.seed.empty()) {
    all.push_back(fmt::format("train.seed={}", whole_number(own.seed, "--seed")));
  }
  if (own.threads) all.push_back(fmt::format("train.threads={}", *own.threads));
  if (!own.labels.empty()) all.push_back("evaluate.labels=" + own.labels);
  return arguments;
}

}  // namespace

void add_start_options(CLI::App& command, StartArguments& arguments) {
  auto* hours = command.add_option("--hours", arguments.hours, "The time of all in hours");
  hours->type_name("N")->check(not_empty());
  command
      .add_option("--minutes", arguments.minutes,
                  "The time of all, looking and evaluations included (default: 30)")
      ->type_name("N")
      ->check(not_empty())
      ->excludes(hours);
  command.add_flag("--dry-run", arguments.dry_run,
                   "Choose, tell why, print the recipe on stdout, and begin nothing");
}

void start(const StartArguments& arguments) {
  const double seconds = time_of(arguments);
  run::read_recipe("", kName, arguments.assignments);  // refuses what is no assignment
  if (!arguments.out.empty()) train::RunFolder::check(arguments.out, /*resume=*/false);
  const std::string json = decide(arguments, seconds);
  const StartedRun run = run_of_json(json);
  if (!arguments.dry_run) return train(arguments, run);
  print(arguments.json ? json + "\n" : run.recipe);
  if (!arguments.json) tell_dry_run(arguments);
}

void add_start(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "start", "From a folder of images to a trained backbone: looks, chooses, trains");
  auto a = std::make_shared<OwnArguments>();
  line.computing.push_back(command);
  const auto add = [command](const char* name, auto& value, const char* type, const char* text) {
    return command->add_option(name, value, text)->type_name(type)->check(not_empty());
  };
  add("DIR", a->dir, "DIR", "Images: a folder, or another source of dbot pretrain")->required();
  add_start_options(*command, a->start);
  add("--out", a->start.out, "DIR", "Run folder (default: runs/start-N)");
  add("--set", a->start.assignments, "KEY=VALUE", "A key of the recipe that is not to be chosen")
      ->allow_extra_args(false);
  add("--seed", a->seed, "N", "Seed of everything random");
  add("--labels", a->labels, "none|folder|FILE",
      "Where labels for evaluation come from (default: as the data have them)");
  add_threads(*command, a->threads);
  add_json(*command, a->start.json);
  command->callback([&line, a] { line.action = [a] { start(together(*a)); }; });
}

}  // namespace dbot::app
