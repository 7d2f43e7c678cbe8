// dbot analyze: what is in the latents of a network.
#include "apps/dbot/commands/analyze/analyze.h"

namespace dbot::app {

void add_analyze(CommandLine& line) {
  CLI::App* analyze =
      line.parser.add_subcommand("analyze", "Measure what is in the latents of a network");
  line.computing.push_back(analyze);
  analyze->require_subcommand(1);
  add_separability(line, *analyze);
  add_mixtures(line, *analyze);
}

}  // namespace dbot::app
