#include "apps/dbot/commands.h"

namespace dbot::app {

void add_pretrain(CommandLine& /*line*/) {}

}  // namespace dbot::app
