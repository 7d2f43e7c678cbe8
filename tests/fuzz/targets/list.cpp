#include "dbot/core/error.h"
#include "dbot/data/sources/list/list_file.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void list(Bytes input) {
  for (const auto kind : {data::ListKind::text, data::ListKind::commas, data::ListKind::tabs}) {
    try {
      std::int64_t line = 0;
      for (const auto& entry : data::parse_list(text_of(input), kind, "list")) {
        require(!entry.path.empty() && entry.line > line);
        line = entry.line;
      }
    } catch (const DataError&) {
    }
  }
}

}  // namespace dbot::fuzz
