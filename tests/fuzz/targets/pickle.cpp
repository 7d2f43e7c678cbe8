#include "tests/formats/writer/torch_writer.h"
#include "tests/fuzz/targets/read_weights.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

// A sound archive around it, so that no checksum stands before what is to be reached.
void pickle(Bytes input) {
  const std::string file =
      formats::writer::torch_zip(text_of(input), {std::string(64, 'a'), std::string(24, 'b'), ""});
  read_weights({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()});
}

}  // namespace dbot::fuzz
