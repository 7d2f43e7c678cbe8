#include "dbot/data/sources/pack/pack_index.h"

#include <string>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

void read_and_write_again(std::string_view bytes) {
  try {
    const auto index = data::parse_pack_index(std::as_bytes(std::span(bytes)));
    for (std::size_t i = 0; i < index.images(); ++i) {
      const auto& place = index.places[i];
      const auto size = index.shards.at(place.shard).bytes;
      require(place.offset <= size && place.bytes <= size - place.offset);
      require(index.labels[i] < static_cast<std::int64_t>(index.classes.size()));
    }
    const auto again = data::pack_index_bytes(index);
    require(data::pack_index_bytes(data::parse_pack_index(std::as_bytes(std::span(again)))) ==
            again);
  } catch (const DataError&) {
  }
}

}  // namespace

void pack_index(Bytes input) {
  const std::string text(text_of(input));
  read_and_write_again(text);
  // With the checksum that hardly any input would have.
  read_and_write_again(text + core::checksum(std::as_bytes(input)));
}

}  // namespace dbot::fuzz
