#include "apps/dbot/terminal/options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "dbot/core/error.h"

namespace dbot::app {

CLI::Validator not_empty() {
  return CLI::Validator(
      [](const std::string& text) {
        return text.empty() ? std::string("the value is empty, expected a text") : std::string();
      },
      "");
}

CLI::Option* add_json(CLI::App& command, bool& json) {
  return command.add_flag("--json", json, "Print everything as one JSON object");
}

CLI::Option* add_precision(CLI::App& command, std::string& precision) {
  return command.add_option("--precision", precision, "Type of numbers in matrix products")
      ->type_name("auto|fp32|bf16")
      ->check(not_empty());
}

core::Size image_size(const std::string& text, const char* command) {
  constexpr std::int64_t kLargest = 8192;
  core::Size size;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, size.height);
  size.width = size.height;
  if (parsed.ec == std::errc() && parsed.ptr != end && *parsed.ptr == 'x') {
    parsed = std::from_chars(parsed.ptr + 1, end, size.width);
  }
  const auto possible = [](std::int64_t side) { return side >= 1 && side <= kLargest; };
  const bool good = parsed.ec == std::errc() && parsed.ptr == end;
  if (good && possible(size.height) && possible(size.width)) return size;
  throw UsageError(
      fmt::format("[{}] --image-size is {}, expected 1 to {} pixels, or HEIGHTxWIDTH such as "
                  "192x256",
                  command, text, kLargest));
}

std::int64_t whole_number(const std::string& text, const char* option) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    throw UsageError(fmt::format(
        "[usage] {} is {}, expected a number of at most 9223372036854775807", option, text));
  }
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    throw UsageError(
        fmt::format("[usage] {} is {}, expected a whole number of 0 or more", option, text));
  }
  return number;
}

double length_in_epochs(const std::string& text, const char* option) {
  double number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // NaN fails the comparison.
  const bool good = error == std::errc() && end == text.data() + text.size() && number >= 0;
  if (good && std::isfinite(number)) return number;
  throw UsageError(fmt::format("[usage] {} is {}, expected a number of 0 or more", option, text));
}

}  // namespace dbot::app
