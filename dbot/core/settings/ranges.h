#pragma once

#include "dbot/core/settings/settings.h"

// Bounds of numbers, for the lines that bind keys.
namespace dbot::core {

constexpr Range at_least(double low, double high) {
  return {low, high, false, false};
}
/// More than `low`, at most `high`.
constexpr Range above(double low, double high) {
  return {low, high, true, false};
}
/// At least `low`, less than `high`.
constexpr Range below(double low, double high) {
  return {low, high, false, true};
}

}  // namespace dbot::core
