#include "dbot/core/error.h"

namespace dbot {

std::string to_text(const ErrorFields& fields) {
  std::string text = fields.operation.empty() ? "" : "[" + fields.operation + "]";
  const auto append = [&text](const std::string& part, const char* separator) {
    if (part.empty()) return;
    if (!text.empty()) text += separator;
    text += part;
  };
  append(fields.subject, " ");
  const bool goes_on = fields.reason.starts_with(':') || fields.reason.starts_with(',');
  append(fields.reason, goes_on && !fields.subject.empty() ? "" : " ");
  append(fields.way_out, "; ");
  return text;
}

}  // namespace dbot
