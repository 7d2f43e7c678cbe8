#include "dbot/report/page/page_json.h"

namespace dbot::report {

std::string page_json_text(const PageJson& document) {
  const std::string text =
      document.dump(-1, ' ', /*ensure_ascii=*/true, PageJson::error_handler_t::replace);
  std::string escaped;
  escaped.reserve(text.size());
  for (const char character : text) {
    switch (character) {
      case '<':
        escaped += "\\u003c";
        break;
      case '>':
        escaped += "\\u003e";
        break;
      case '&':
        escaped += "\\u0026";
        break;
      default:
        escaped += character;
    }
  }
  return escaped;
}

}  // namespace dbot::report
