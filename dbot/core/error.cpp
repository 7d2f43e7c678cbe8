#include "dbot/core/error.h"

namespace dbot {

std::string to_text(const ErrorFields& fields) {
  std::string text = "[" + fields.operation + "]";
  if (!fields.subject.empty()) text += " " + fields.subject;
  const bool continues = fields.reason.starts_with(':') && !fields.subject.empty();
  if (!fields.reason.empty()) text += (continues ? "" : " ") + fields.reason;
  if (!fields.way_out.empty()) text += "; " + fields.way_out;
  return text;
}

}  // namespace dbot
