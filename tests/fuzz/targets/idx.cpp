#include "dbot/data/sources/binary/idx.h"

#include "dbot/core/error.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void idx(Bytes input) {
  static const InputFolder folder;
  const auto path = folder.write("images-idx3-ubyte", input);
  const bool begins_like_one = data::is_idx_file(path);
  try {
    const data::IdxArray array = data::read_idx(path);
    require(begins_like_one);
    std::uint64_t count = 1;
    for (const std::int64_t extent : array.shape) count *= static_cast<std::uint64_t>(extent);
    require(array.values.size() == count);
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
