#include "apps/dbot/commands.h"

namespace dbot::app {

void add_doctor(CommandLine& /*line*/) {}

}  // namespace dbot::app
