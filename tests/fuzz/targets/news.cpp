#include "dbot/core/error.h"
#include "dbot/data/text/tables/sgml.h"
#include "dbot/data/text/unicode.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void news(Bytes input) {
  const auto content = text_of(input);
  try {
    const auto documents = data::parse_news(content, "news");
    require(!documents.empty());
    for (const auto& document : documents) {
      // A byte of Latin-1 is two of UTF-8 at most, an entity no longer than it was.
      require(document.text.size() <= 2 * content.size());
      require(data::broken_bytes(document.text) == 0);
      require(document.id.size() + document.split.size() <= content.size());
    }
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
