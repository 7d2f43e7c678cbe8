// dbot data: a data set by itself.
#include "apps/dbot/data.h"

namespace dbot::app {

void add_data(CommandLine& line) {
  CLI::App* data = line.parser.add_subcommand("data", "Look at a data set");
  line.computing.push_back(data);
  data->require_subcommand(1);
  add_data_bench(line, *data);
  add_data_pack(line, *data);
}

}  // namespace dbot::app
