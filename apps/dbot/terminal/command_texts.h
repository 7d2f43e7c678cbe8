#pragma once

#include "dbot/report/text/command_texts.h"

namespace dbot::app {

/// What the library's reports advise, in commands and options of this program.
report::CommandTexts command_texts();

}  // namespace dbot::app
