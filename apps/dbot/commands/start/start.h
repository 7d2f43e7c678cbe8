#pragma once

#include <string>
#include <vector>

#include "apps/dbot/commands.h"

namespace dbot::app {

/// What `dbot start` and `dbot pretrain auto` are given.
struct StartArguments {
  std::vector<std::string> data;
  std::string minutes, hours, out;
  std::vector<std::string> assignments;  // key=value of a recipe
  bool dry_run = false, json = false;
};

/// Adds --minutes, --hours and --dry-run.
void add_start_options(CLI::App& command, StartArguments& arguments);

/// Looks, chooses, tells why, and trains. Throws UsageError and DataError before anything is
/// written.
void start(const StartArguments& arguments);

}  // namespace dbot::app
