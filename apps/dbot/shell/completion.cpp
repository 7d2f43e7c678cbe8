// dbot completion, dbot man: what shells and man know of the program, from its own parser.
#include <memory>

#include "apps/dbot/commands.h"
#include "apps/dbot/shell/command_tree.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/core/error.h"

namespace dbot::app {
namespace {

void complete(const CLI::App& parser, const std::string& shell) {
  const CommandFacts program = describe_commands(parser);
  const RecipeFacts recipes = describe_recipes();
  if (shell == "bash") return print(bash_completion(program, recipes));
  if (shell == "zsh") return print(zsh_completion(program, recipes));
  if (shell == "fish") return print(fish_completion(program, recipes));
  throw UsageError("[completion] the shell is " + shell + ", expected bash, zsh or fish");
}

}  // namespace

void add_completion(CommandLine& line) {
  CLI::App* completion =
      line.parser.add_subcommand("completion", "Print a script that completes commands in a shell");
  auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "The shell")->required()->type_name("bash|zsh|fish");
  completion->callback(
      [&line, shell] { line.action = [&line, shell] { complete(line.parser, *shell); }; });
  CLI::App* man = line.parser.add_subcommand("man", "Print the man page, dbot(1)");
  man->callback([&line] {
    line.action = [&line] { print(man_page(describe_commands(line.parser), DBOT_VERSION)); };
  });
}

}  // namespace dbot::app
