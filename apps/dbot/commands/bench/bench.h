#pragma once

#include <cstdint>
#include <string>

#include "apps/dbot/commands.h"

// The commands under `dbot bench`, one file each, and what they share.
namespace dbot::app {

void add_bench_step(CommandLine& line, CLI::App& bench);
void add_bench_ops(CommandLine& line, CLI::App& bench);
void add_bench_limits(CommandLine& line, CLI::App& bench);
void add_bench_processes(CommandLine& line, CLI::App& bench);

CLI::Option* add_kernels(CLI::App& command, std::string& kernels);

/// Configures this process for so many threads, 0: one for each core. Returns their number. Throws
/// UsageError for less than 0 and for more than 4096.
int configure_bench_threads(std::int64_t threads);

}  // namespace dbot::app
