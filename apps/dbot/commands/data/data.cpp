// dbot data: a data set by itself.
#include "apps/dbot/commands/data/data.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"
#include "dbot/runtime/machine.h"

namespace dbot::app {

report::ProgressOptions progress_options() {
  report::ProgressOptions options;
  options.is_tty = isatty(STDERR_FILENO) != 0;
  options.columns = terminal_size(STDERR_FILENO).columns;
  return options;
}

int worker_count(const std::optional<std::int64_t>& asked, const char* command) {
  if (!asked) return std::max(1, runtime::describe_machine().usable_cores);
  if (*asked >= 1 && *asked <= 1024) return static_cast<int>(*asked);
  throw UsageError(fmt::format("[{}] --workers is {}, expected 1 to 1024", command, *asked));
}

void add_data(CommandLine& line) {
  CLI::App* data = line.parser.add_subcommand("data", "Check, measure, divide and time a data set");
  line.computing.push_back(data);
  data->require_subcommand(1);
  add_data_check(line, *data);
  add_data_stats(line, *data);
  add_data_split(line, *data);
  add_data_bench(line, *data);
  add_data_pack(line, *data);
  add_data_vocabulary(line, *data);
}

}  // namespace dbot::app
