#include "dbot/core/error.h"
#include "dbot/report/pictures/set/picture_set.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void pictures(Bytes input) {
  static const InputFolder read, written;
  read.write("pictures.json", input);
  try {
    const report::PictureSet set = report::read_picture_set(read.path());
    report::write_picture_set(written.path(), set);
    const report::PictureSet again = report::read_picture_set(written.path());
    require(again.label == set.label && again.step == set.step && again.stage == set.stage);
    require(again.groups.size() == set.groups.size());
    require(again.map.has_value() == set.map.has_value());
    require(again.neighbours.size() == set.neighbours.size());
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
