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
  append(fields.reason, fields.reason.starts_with(':') && !fields.subject.empty() ? "" : " ");
  append(fields.way_out, "; ");
  return text;
}

}  // namespace dbot
