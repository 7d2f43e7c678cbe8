#pragma once

#include <cstdint>

#include "apps/dbot/commands.h"
#include "dbot/report/terminal/progress.h"

// The commands under `dbot data`, one file each.
namespace dbot::app {

void add_data_bench(CommandLine& line, CLI::App& data);
void add_data_pack(CommandLine& line, CLI::App& data);
void add_data_check(CommandLine& line, CLI::App& data);
void add_data_split(CommandLine& line, CLI::App& data);
void add_data_stats(CommandLine& line, CLI::App& data);
void add_data_vocabulary(CommandLine& line, CLI::App& data);

/// How progress is shown on this stderr.
report::ProgressOptions progress_options();

/// What --workers asks for, or a worker for each usable core. Throws UsageError below 1.
int worker_count(const std::optional<std::int64_t>& asked, const char* command);

}  // namespace dbot::app
