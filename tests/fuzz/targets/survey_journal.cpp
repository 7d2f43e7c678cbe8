#include <cstdint>
#include <string_view>

#include "dbot/data/audit/survey/survey_record.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void survey_journal(Bytes input) {
  std::string_view rest = text_of(input);
  std::int64_t image = 0;
  data::ImageFacts facts;
  while (true) {
    const std::string_view before = rest;
    if (!data::read_journal_record(rest, image, facts)) break;
    require(rest.size() < before.size());
    require(image >= 0 && facts.width >= 0 && facts.height >= 0);
    // What was read is written alike.
    require(before.starts_with(data::journal_record(image, facts)));
  }
}

}  // namespace dbot::fuzz
