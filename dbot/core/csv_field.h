#pragma once

#include <string>

namespace dbot::core {

/// A text as a field of a CSV line, in quotes where it needs them (RFC 4180).
std::string csv_field(const std::string& text);

}  // namespace dbot::core
