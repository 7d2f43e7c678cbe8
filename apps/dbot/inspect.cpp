#include "apps/dbot/commands.h"

namespace dbot::app {

void add_inspect(CommandLine& /*line*/) {}

}  // namespace dbot::app
