#include "dbot/data/sources/choice/name_list.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void leave_out(Bytes input) {
  for (const auto& name : data::parse_leave_out(text_of(input))) {
    require(!name.empty() && name.size() <= input.size());
    require(name.find('\n') == std::string::npos && !name.starts_with("./"));
  }
}

}  // namespace dbot::fuzz
