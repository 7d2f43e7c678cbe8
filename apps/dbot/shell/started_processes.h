#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "dbot/run/recipe/recipe.h"
#include "dbot/runtime/launch/launched.h"

// This program several times, as the ranks of one group.
namespace dbot::app {

/// What a command that trains takes.
struct ProcessArguments {
  std::optional<std::int64_t> processes;
  std::int64_t restarts = 0;
};

void add_process_options(CLI::App& command, ProcessArguments& arguments);

/// How many this process is to start. 0: none, it is one of several already. `asked`: of
/// --processes; without it as many as there are cores, and 2 at least. Throws UsageError where a
/// launcher other than dbot has started several and --processes asks for more, and for a number
/// that is not 2 to 256.
int processes_to_start(const std::optional<runtime::Launched>& self,
                       std::optional<std::int64_t> asked);

struct StartConfig {
  std::vector<std::string> words;  // of the command line, behind `dbot`
  int processes = 2;
  int restarts = 0;
};

/// Starts them and waits for their end; lines that they write for people get their rank in front.
/// Returns when all did what they were to do. Throws Stopped, UsageError, DataError or Error as the
/// first that failed ended.
void start_processes(const StartConfig& config);

/// Where --processes asks for several and this is none of them: starts them with `words`, the whole
/// command line, if they can train the recipe together, and waits for their end. `goes_on` is added
/// where they may be restarted: what makes the command go on with what it has begun. True if it
/// did; else this process is to do the work itself.
bool started(const ProcessArguments& arguments, const std::optional<runtime::Launched>& self,
             const run::Recipe& recipe, std::vector<std::string> words,
             const std::string& goes_on = {});

}  // namespace dbot::app
