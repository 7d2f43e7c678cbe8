#include "dbot/data/text/vocabulary.h"
#include "dbot/core/error.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void vocabulary(Bytes input) {
  try {
    const auto read = data::Vocabulary::parse(text_of(input), "vocab.txt");
    require(read.token(0) == data::kPaddingToken);
    require(read.token(read.unknown()) == data::kUnknownToken);
    for (std::int64_t id = 0; id < read.size(); ++id) require(read.find(read.token(id)) == id);
    require(data::Vocabulary::parse(read.text(), "again").tokens() == read.tokens());
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
