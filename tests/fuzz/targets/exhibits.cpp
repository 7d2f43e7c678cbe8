#include "dbot/report/pictures/set/exhibit_files.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void exhibits(Bytes input) {
  static const InputFolder read, written;
  read.write("exhibits.json", input);
  const report::ShownGallery gallery = report::read_exhibits(read.path());
  report::write_exhibits(written.path(), gallery);
  const report::ShownGallery again = report::read_exhibits(written.path());
  require(again.groups.size() == gallery.groups.size());
  for (std::size_t i = 0; i < gallery.groups.size(); ++i) {
    require(again.groups[i].exhibits.size() == gallery.groups[i].exhibits.size());
  }
}

}  // namespace dbot::fuzz
