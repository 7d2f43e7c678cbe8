#include "apps/dbot/shell/started_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/run/pretrain/processes.h"
#include "dbot/runtime/launch/spawn.h"
#include "dbot/runtime/process_group/store.h"
#include "dbot/runtime/usable_cores.h"

namespace dbot::app {
namespace {

constexpr std::int64_t kMostStarted = 256;
constexpr int kWrongUsage = 2, kBadData = 3;

}  // namespace

int processes_to_start(const std::optional<runtime::Launched>& self,
                       std::optional<std::int64_t> asked) {
  if (self && self->ranks > 1) {
    if (!asked || self->by == runtime::Launcher::own) return 0;
    throw UsageError(
        ErrorFields{.operation = "processes",
                    .subject = fmt::format("--processes {}", *asked),
                    .fault = Fault::mismatch,
                    .reason = fmt::format("is given to one of {} processes that {} has started",
                                          self->ranks, runtime::name(self->by)),
                    .way_out = "leave it out, or start one process alone"});
  }
  const std::int64_t count = asked.value_or(std::max(runtime::usable_cores(), 2));
  if (count >= 2 && count <= kMostStarted) return static_cast<int>(count);
  throw UsageError(ErrorFields{.operation = "processes",
                               .subject = fmt::format("--processes {}", count),
                               .fault = Fault::unsupported,
                               .reason = fmt::format("is not 2 to {}", kMostStarted)});
}

void start_processes(const StartConfig& config) {
  // Served here, the store outlives any of them: who is lost can be told, rank 0 as well.
  const auto store = runtime::open_store({.serve = true});
  runtime::SpawnConfig spawned{.command = {std::filesystem::read_symlink("/proc/self/exe")},
                               .processes = config.processes,
                               .port = store->port(),
                               .restarts = config.restarts,
                               .final_codes = {kWrongUsage, kBadData},
                               .stopped_code = kStoppedCode};
  spawned.command.insert(spawned.command.end(), config.words.begin(), config.words.end());
  const auto tell = [](int rank, std::string_view text) {
    complain(fmt::format("[{}] {}", rank, text));
  };
  const runtime::SpawnResult result =
      runtime::run_processes(spawned, stop_request(), tell, console_log());
  if (result.exit_code == 0) return;
  const ErrorFields fields{
      .operation = "processes",
      .subject = result.failed_rank < 0 ? "" : fmt::format("rank {}", result.failed_rank),
      .reason = result.exit_code == kStoppedCode
                    ? "stopped on request"
                    : "has failed; the lines that begin with its number say why"};
  if (result.exit_code == kStoppedCode) throw Stopped(fields);
  if (result.exit_code == kWrongUsage) throw UsageError(fields);
  if (result.exit_code == kBadData) throw DataError(fields);
  throw Error(fields);
}

void add_process_options(CLI::App& command, ProcessArguments& arguments) {
  command
      .add_option("--processes", arguments.processes,
                  "Train in so many processes together (default: one, or the launcher's)")
      ->type_name("N");
  command
      .add_option("--restarts", arguments.restarts,
                  "Of these: how often all go on from the last checkpoint when one has failed")
      ->type_name("N");
}

bool started(const ProcessArguments& arguments, const std::optional<runtime::Launched>& self,
             const run::Recipe& recipe, std::vector<std::string> words,
             const std::string& goes_on) {
  constexpr std::int64_t kMostRestarts = 1'000'000;
  if (arguments.restarts < 0 || arguments.restarts > kMostRestarts) {
    throw UsageError(ErrorFields{.operation = "processes",
                                 .subject = fmt::format("--restarts {}", arguments.restarts),
                                 .fault = Fault::unsupported,
                                 .reason = fmt::format("is not 0 to {}", kMostRestarts)});
  }
  const bool several = arguments.processes.value_or(1) != 1;
  if (!several || processes_to_start(self, arguments.processes) == 0) return false;
  run::check_processes(recipe, static_cast<int>(*arguments.processes));
  if (arguments.restarts > 0 && !goes_on.empty()) words.push_back(goes_on);
  start_processes({.words = std::move(words),
                   .processes = static_cast<int>(*arguments.processes),
                   .restarts = static_cast<int>(arguments.restarts)});
  return true;
}

}  // namespace dbot::app
