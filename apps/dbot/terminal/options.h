#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "dbot/core/settings/settings.h"

// Options that several commands have, declared once. The name of a type says what completion
// offers: DIR, FILE, PATH, RECIPE, or words separated by |.
namespace dbot::app {

/// Refuses an empty text, which is a variable of a script that was not set.
CLI::Validator not_empty();

CLI::Option* add_json(CLI::App& command, bool& json);
CLI::Option* add_precision(CLI::App& command, std::string& precision);

inline constexpr const char* kThreadsText = "Compute threads (default: all cores)";

/// `Number`: std::int64_t or an optional one.
template <typename Number>
CLI::Option* add_threads(CLI::App& command, Number& threads) {
  return command.add_option("--threads", threads, kThreadsText)->type_name("N");
}

/// "224", a square, or height and width: "192x256". Throws UsageError naming `command`, also beyond
/// 8192 pixels.
core::Size image_size(const std::string& text, const char* command);

/// A whole number of 0 or more. Throws UsageError naming `option` for anything else, and for
/// numbers that 64 bits do not hold.
std::int64_t whole_number(const std::string& text, const char* option);
/// A number of 0 or more, whole or not. Throws UsageError naming `option`.
double length_in_epochs(const std::string& text, const char* option);

}  // namespace dbot::app
