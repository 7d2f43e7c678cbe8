#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "dbot/core/error.h"

namespace dbot::app {

/// What people read of `error`. The library names recipe keys alone; where the command that was
/// called on `parser` has an option that helps, its way out stands in place of the library's.
std::string message_of(const Error& error, const CLI::App& parser);

}  // namespace dbot::app
