#pragma once

#include "apps/dbot/commands.h"

// The commands under `dbot data`, one file each.
namespace dbot::app {

void add_data_bench(CommandLine& line, CLI::App& data);
void add_data_pack(CommandLine& line, CLI::App& data);

}  // namespace dbot::app
