#include <fmt/format.h>

#include <string_view>

#include "apps/dbot/shell/command_tree.h"

namespace dbot::app {
namespace {

/// Text that roff shows as it stands.
std::string escaped(std::string_view text) {
  std::string result;
  bool begins_line = true;
  for (const char letter : text) {
    if (begins_line && (letter == '.' || letter == '\'')) result += "\\&";
    begins_line = letter == '\n';
    if (letter == '\\') {
      result += "\\e";
    } else if (letter == '-') {
      result += "\\-";
    } else {
      result += letter;
    }
  }
  return result;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(const std::string& text) {
  return "\\fI" + escaped(text) + "\\fR";
}

std::string synopsis(const CommandFacts& command) {
  std::string text = bold("dbot " + command.joined());
  for (const OptionFacts& option : command.options) {
    if (option.positional) {
      text += " " + italic(option.names.front());
    } else if (option.required) {
      text += fmt::format(" {} {}", bold(option.names.back()), italic(option.value));
    }
  }
  return text + " [\\fIoptions\\fR]";
}

std::string option_entry(const OptionFacts& option) {
  std::string head;
  for (const std::string& name : option.names) {
    if (!head.empty()) head += ", ";
    head += option.positional ? italic(name) : bold(name);
  }
  if (!option.positional && !option.value.empty()) head += " " + italic(option.value);
  return fmt::format(".TP\n{}\n{}{}\n", head, escaped(option.description),
                     option.required && !option.positional ? " (required)" : "");
}

void add_command(std::string& page, const CommandFacts& command) {
  if (command.commands.empty() || !command.path.empty()) {
    page += fmt::format(".SS {}\n{}.\n.PP\n{}\n", escaped("dbot " + command.joined()),
                        escaped(command.description), synopsis(command));
    for (const OptionFacts& option : command.options) page += option_entry(option);
  }
  for (const CommandFacts& below : command.commands) add_command(page, below);
}

constexpr const char* kEnd = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed.
.TP
.B 2
Wrong usage or recipe.
.TP
.B 3
Bad data: images, weights or checkpoints that are missing, empty or broken.
.TP
.B 75
Stopped on request; \fBdbot resume\fR goes on with a run.
.SH ENVIRONMENT
.TP
.BR OMP_WAIT_POLICY ", " GOMP_SPINCOUNT
How compute threads wait for each other; unless one is set, they sleep after a moment.
.SH FILES
.TP
.I recipe.toml, run.json, metrics.jsonl, checkpoints/, model.safetensors
What a run folder holds.
.SH EXAMPLES
.EX
dbot pretrain dbot/quick \-\-data photos \-\-out run
dbot watch run
dbot evaluate knn \-\-model run \-\-data labelled
.EE
)";

}  // namespace

std::string man_page(const CommandFacts& program, const std::string& version) {
  std::string page = fmt::format(
      ".TH DBOT 1 2026-11-22 \"dbot {}\" \"User Commands\"\n.SH NAME\ndbot \\- masked "
      "pre\\-training of "
      "vision backbones on your own images\n.SH SYNOPSIS\n",
      escaped(version));
  for (const CommandFacts& command : program.commands) page += synopsis(command) + "\n.br\n";
  page += bold("dbot --help") + " | " + bold("--version") + "\n";
  page += R"(.SH DESCRIPTION
.B dbot
pre\-trains a vision backbone on unlabelled images by masked knowledge distillation (dBOT) or masked
autoencoding (MAE), tells whether it works, and writes the weights under the names that other tools know.
Text for people goes to standard error, results to standard output.
.SH COMMANDS
)";
  add_command(page, program);
  return page + kEnd;
}

}  // namespace dbot::app
