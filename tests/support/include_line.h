#pragma once

#include <optional>
#include <regex>
#include <string>

namespace dbot::support {

/// The file between the quotes or angle brackets (`open`, `close`) of an #include line.
inline std::optional<std::string> included_file(const std::string& line, char open, char close) {
  static const std::regex directive(R"(^\s*#\s*include\s*([<"])([^>"]+)([>"]).*)");
  if (line.find("include") == std::string::npos) return std::nullopt;
  std::smatch match;
  if (!std::regex_match(line, match, directive)) return std::nullopt;
  if (match.str(1)[0] != open || match.str(3)[0] != close) return std::nullopt;
  return match.str(2);
}

}  // namespace dbot::support
