#pragma once

#include "apps/dbot/commands.h"

// The commands under `dbot analyze`, one file each.
namespace dbot::app {

void add_separability(CommandLine& line, CLI::App& analyze);
void add_mixtures(CommandLine& line, CLI::App& analyze);

}  // namespace dbot::app
