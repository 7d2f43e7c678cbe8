#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "apps/dbot/terminal/options.h"

// The commands of the program, one file each. A command adds its options to the parser and, when it
// is the one that was called, leaves what is to be done in `action`.
namespace dbot::app {

struct CommandLine {
  CLI::App parser{"dbot: masked pre-training of vision backbones on your own images", "dbot"};
  std::function<void()> action;
  std::vector<std::string> words;  // what the user wrote behind `dbot`
  /// Commands that compute with several threads.
  std::vector<const CLI::App*> computing;
};

void add_start(CommandLine& line);
void add_pretrain(CommandLine& line);
void add_resume(CommandLine& line);
void add_evaluate(CommandLine& line);
void add_embed(CommandLine& line);
void add_search(CommandLine& line);
void add_analyze(CommandLine& line);
void add_reconstruct(CommandLine& line);
void add_inspect(CommandLine& line);
void add_import(CommandLine& line);
void add_export(CommandLine& line);
void add_report(CommandLine& line);
void add_replay(CommandLine& line);
void add_watch(CommandLine& line);
void add_recipes(CommandLine& line);
void add_bench(CommandLine& line);
void add_data(CommandLine& line);
void add_doctor(CommandLine& line);
/// `completion` and `man`.
void add_completion(CommandLine& line);

/// The words as the parser takes them: without any, and for `help COMMAND`, those that ask for
/// help.
std::vector<std::string> understood(std::vector<std::string> words);

/// What the parser objects to, what may be meant instead, and the command whose help says more.
std::string usage_message(const CommandLine& line, const CLI::ParseError& error);

/// Throws UsageError if `word` is not a command, naming the nearest one, or saying that it is
/// planned.
void check_command_name(const CommandLine& line, const std::string& word);

}  // namespace dbot::app
