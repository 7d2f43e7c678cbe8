#include "dbot/report/text/quantity_text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace dbot::report {
namespace {

constexpr std::array<std::string_view, 6> kPrefixes{"", "k", "M", "G", "T", "P"};

struct Scaled {
  double value;
  std::string_view prefix;
};

/// So that three digits show it: 999.6 is already 1.00 k.
Scaled scaled(double value) {
  std::size_t step = 0;
  while (std::abs(value) >= 999.5 && step + 1 < kPrefixes.size()) {
    value /= 1000;
    ++step;
  }
  return {value, kPrefixes[step]};
}

std::string three_digits(double value) {
  const double size = std::abs(value);
  return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

}  // namespace

std::string bytes_text(double bytes) {
  if (!std::isfinite(bytes)) return "?";
  const auto [value, prefix] = scaled(bytes);
  if (prefix.empty()) return fmt::format("{:.0f} bytes", value);
  return fmt::format("{} {}B", three_digits(value), prefix);
}

std::string count_text(double count) {
  if (!std::isfinite(count)) return "?";
  const auto [value, prefix] = scaled(count);
  if (prefix.empty()) return fmt::format("{:.6g}", value);
  return fmt::format("{} {}", three_digits(value), prefix);
}

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const auto first_digit = static_cast<std::ptrdiff_t>(number < 0 ? 1 : 0);
  for (auto at = std::ssize(text) - 3; at > first_digit; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

}  // namespace dbot::report
