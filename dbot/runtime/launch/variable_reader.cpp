#include "dbot/runtime/launch/variable_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "dbot/core/error.h"

namespace dbot::runtime {

const std::string& VariableReader::text(const std::string& name) const {
  static const std::string nothing;
  const auto found = variables_.find(name);
  return found == variables_.end() ? nothing : found->second;
}

const std::string& VariableReader::needed(const std::string& name) const {
  need_all({name});
  return text(name);
}

std::optional<int> VariableReader::number(const std::string& name, int least, int most) const {
  const std::string& digits = text(name);
  if (digits.empty()) return std::nullopt;
  int value = 0;
  const char* end = digits.data() + digits.size();
  const auto [last, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || last != end || value < least || value > most) {
    refuse(name, fmt::format("expected a whole number from {} to {}", least, most));
  }
  return value;
}

int VariableReader::needed_number(const std::string& name, int least, int most) const {
  need_all({name});
  return number(name, least, most).value();
}

void VariableReader::need_all(const std::vector<std::string>& names) const {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!has(name)) missing.push_back(name);
  }
  if (missing.empty()) return;
  throw UsageError(ErrorFields{
      .operation = "processes",
      .subject = fmt::format("{}", fmt::join(missing, ", ")),
      .fault = Fault::missing,
      .reason = fmt::format("{} missing beside the other variables of {}",
                            missing.size() == 1 ? "is" : "are", launcher_),
      .way_out = "set all of them, or unset those that are there to train in one process"});
}

void VariableReader::refuse(const std::string& name, const std::string& reason) const {
  throw UsageError(ErrorFields{.operation = "processes",
                               .subject = fmt::format("{}={} ({})", name, text(name), launcher_),
                               .fault = Fault::mismatch,
                               .reason = ": " + reason,
                               .way_out = "start all processes by one launcher, or unset what an "
                                          "earlier one left"});
}

}  // namespace dbot::runtime
