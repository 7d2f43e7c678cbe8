#include "apps/dbot/commands.h"

namespace dbot::app {

void add_evaluate(CommandLine& /*line*/) {}

}  // namespace dbot::app
