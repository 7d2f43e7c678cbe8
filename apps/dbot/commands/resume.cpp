// dbot resume: go on with a run by what its folder knows.
#include <memory>

#include "apps/dbot/commands.h"
#include "apps/dbot/commands/run_folders.h"
#include "apps/dbot/commands/train_run.h"
#include "apps/dbot/shell/started_processes.h"
#include "apps/dbot/terminal/command_texts.h"
#include "apps/dbot/terminal/shell_words.h"
#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/run/facts/stored_facts.h"
#include "dbot/runtime/launch/launched.h"

namespace dbot::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string run;
  std::vector<std::string> data, settings;
  bool json = false;
  ProcessArguments processes;
};

run::PretrainOptions options_of(const Arguments& arguments) {
  const run::StoredFacts facts = run::read_stored_facts(arguments.run);
  std::vector<fs::path> sources = facts.sources;
  if (!arguments.data.empty()) sources.assign(arguments.data.begin(), arguments.data.end());
  if (sources.empty()) {
    throw UsageError({.operation = "resume",
                      .subject = (fs::path(arguments.run) / "run.json").string(),
                      .fault = Fault::missing,
                      .reason = "does not say where the images are",
                      .way_out = "name them by --data"});
  }
  run::PretrainOptions options;
  options.data = sources.front();
  options.more_data.assign(sources.begin() + 1, sources.end());
  options.out = arguments.run;
  options.resume = true;
  options.recipe = facts.recipe;
  options.commands = command_texts();
  return options;
}

void resume(const Arguments& arguments, const std::vector<std::string>& words) {
  require_run(arguments.run, "resume");
  run::PretrainOptions options = options_of(arguments);
  options.launched = runtime::launched(runtime::environment_variables());
  const fs::path file = fs::path(arguments.run) / "recipe.toml";
  run::Recipe recipe =
      run::read_recipe(core::read_text_file(file), file.string(), arguments.settings);
  if (started(arguments.processes, options.launched, recipe, words)) return;
  train_run(std::move(recipe), options, arguments.json,
            [&](const std::string&) { return command_text(words); });
}

}  // namespace

void add_resume(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand(
      "resume", "Go on with a run that was stopped, from its newest whole checkpoint");
  auto a = std::make_shared<Arguments>();
  line.computing.push_back(command);
  command->add_option("RUN", a->run, "Run folder")
      ->required()
      ->type_name("DIR")
      ->check(not_empty());
  command
      ->add_option("--data", a->data,
                   "Where the images are now (default: where they were); as often as in the run")
      ->type_name("PATH")
      ->check(not_empty())
      ->allow_extra_args(false);
  command
      ->add_option("--set", a->settings,
                   "Change a key that may change: checkpoint.*, evaluate.*, report.*, data.workers")
      ->type_name("KEY=VALUE")
      ->check(not_empty())
      ->allow_extra_args(false);
  add_process_options(*command, a->processes);
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [&line, a] { resume(*a, line.words); }; });
}

}  // namespace dbot::app
