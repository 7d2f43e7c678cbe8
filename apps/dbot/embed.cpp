#include "apps/dbot/commands.h"

namespace dbot::app {

void add_embed(CommandLine& /*line*/) {}

}  // namespace dbot::app
