#include "dbot/core/json.h"

namespace dbot::core {
namespace {

constexpr int kDeepest = 64;

}  // namespace

void check_json_nesting(std::string_view text) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (in_text) {
      if (letter == '\\') ++i;  // an escaped quote does not end the text
      if (letter == '"') in_text = false;
    } else if (letter == '"') {
      in_text = true;
    } else if (letter == '[' || letter == '{') {
      if (++depth > kDeepest) {
        throw DataError(
            {.fault = Fault::unsupported, .reason = "the JSON nests more than 64 deep"});
      }
    } else if (letter == ']' || letter == '}') {
      --depth;
    }
  }
}

}  // namespace dbot::core
