#include "tests/fuzz/targets/read_weights.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void torch_file(Bytes input) {
  read_weights(input);
}

}  // namespace dbot::fuzz
