#include "dbot/data/sources/folder/folder_index.h"

#include "dbot/core/error.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

void folder_index(Bytes input) {
  const std::string_view bytes(reinterpret_cast<const char*>(input.data()), input.size());
  try {
    const auto listings = data::unpack_listings(bytes, "/data");
    const auto again = data::unpack_listings(data::pack_listings("/data", listings), "/data");
    require(again.size() == listings.size());
    for (const auto& [path, listing] : listings) {
      require(again.at(path)->files == listing->files);
    }
  } catch (const DataError&) {
  }
}

}  // namespace dbot::fuzz
