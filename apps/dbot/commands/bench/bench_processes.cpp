// dbot bench processes: how fast processes add, gather and send what they train together.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/dbot/commands/bench/bench.h"
#include "apps/dbot/shell/started_processes.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/report/text/table.h"
#include "dbot/runtime/heartbeat.h"
#include "dbot/runtime/launch/launched.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/usable_cores.h"
#include "dbot/tools/bench/processes_bench.h"

namespace dbot::app {
namespace {

struct ProcessesArguments {
  std::optional<std::int64_t> processes;
  std::int64_t megabytes = 100, rounds = 5;
  bool json = false;
};

constexpr std::int64_t kMostMegabytes = 100'000, kMostRounds = 1000;

void check(const ProcessesArguments& arguments) {
  const auto within = [](const char* option, std::int64_t value, std::int64_t most) {
    if (value >= 1 && value <= most) return;
    throw UsageError(fmt::format("[bench] {} is {}, expected 1 to {}", option, value, most));
  };
  within("--megabytes", arguments.megabytes, kMostMegabytes);
  within("--rounds", arguments.rounds, kMostRounds);
}

std::string processes_json(const runtime::Group& group, const ProcessesArguments& arguments,
                           const std::vector<tools::CollectiveTime>& times, int threads) {
  auto list = nlohmann::ordered_json::array();
  for (const tools::CollectiveTime& time : times) {
    list.push_back({{"name", time.name},
                    {"seconds", time.seconds},
                    {"bytes_sent", time.bytes_sent},
                    {"bytes_computed", time.bytes_computed}});
  }
  const nlohmann::ordered_json json{{"processes", group.ranks()},
                                    {"threads", threads},
                                    {"cores", runtime::usable_cores()},
                                    {"bytes", arguments.megabytes * 1'000'000},
                                    {"rounds", arguments.rounds},
                                    {"collectives", list},
                                    {"peak_memory_bytes", runtime::peak_memory_bytes()}};
  return json.dump();
}

std::string processes_table(const std::vector<tools::CollectiveTime>& times) {
  std::vector<std::vector<std::string>> rows{{"", "ms", "MB sent by all", "computed MB"}};
  for (const tools::CollectiveTime& time : times) {
    rows.push_back({time.name, fmt::format("{:.2f}", 1e3 * time.seconds),
                    fmt::format("{:.2f}", 1e-6 * static_cast<double>(time.bytes_sent)),
                    fmt::format("{:.2f}", 1e-6 * static_cast<double>(time.bytes_computed))});
  }
  return report::text_table(rows);
}

/// Tells the others why this rank ends, if it does.
std::vector<tools::CollectiveTime> time_all(runtime::Group& group, runtime::Heartbeat& heartbeat,
                                            const ProcessesArguments& arguments) {
  try {
    return tools::time_collectives(group, arguments.megabytes * 1'000'000, arguments.rounds);
  } catch (const std::exception& problem) {
    heartbeat.fail(problem.what());
    throw;
  }
}

/// As one of the processes.
void measure(const ProcessesArguments& arguments, const runtime::Launched& self) {
  const int threads = runtime::configure_compute(
      runtime::default_threads(self, runtime::usable_cores(), runtime::is_bound_by_launcher()));
  runtime::Group group(runtime::group_config(self));
  runtime::Heartbeat heartbeat(group);
  const auto times = time_all(group, heartbeat, arguments);
  if (group.rank() != 0) return;
  if (arguments.json) return print_line(processes_json(group, arguments, times, threads));
  print_line(fmt::format("{} processes x {} threads, {} MB of float32; median of {} rounds",
                         group.ranks(), threads, arguments.megabytes, arguments.rounds));
  print(processes_table(times));
}

void bench_processes(const ProcessesArguments& arguments) {
  check(arguments);
  const auto self = runtime::launched(runtime::environment_variables());
  const int processes = processes_to_start(self, arguments.processes);
  if (processes == 0) {
    const StopsAtOnce nothing_to_keep("bench");
    return measure(arguments, *self);
  }
  std::vector<std::string> words{"bench", "processes",
                                 fmt::format("--megabytes={}", arguments.megabytes),
                                 fmt::format("--rounds={}", arguments.rounds)};
  if (arguments.json) words.emplace_back("--json");
  start_processes({.words = words, .processes = processes});
}

}  // namespace

void add_bench_processes(CommandLine& line, CLI::App& bench) {
  CLI::App* command = bench.add_subcommand(
      "processes", "Time sums and messages between processes on this machine or several");
  auto a = std::make_shared<ProcessesArguments>();
  command
      ->add_option("--processes", a->processes,
                   "Processes to start (default: the cores, 2 at least); none under a launcher")
      ->type_name("N");
  command->add_option("--megabytes", a->megabytes, "Size of the float32 buffer (default 100)")
      ->type_name("M");
  command->add_option("--rounds", a->rounds, "Rounds of which the median counts (default 5)")
      ->type_name("N");
  add_json(*command, a->json);
  command->callback([&line, a] { line.action = [a] { bench_processes(*a); }; });
}

}  // namespace dbot::app
