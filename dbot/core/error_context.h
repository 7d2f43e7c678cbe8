#pragma once

#include <string>

#include "dbot/core/error.h"

namespace dbot {

/// What `inner` says, as an error about `subject`: "[operation] subject: what inner says". Keeps
/// its fault and way out. Readers call it whose parts do not know which file they read.
DataError data_error_about(std::string operation, std::string subject, const Error& inner);

}  // namespace dbot
