#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/sources/tar/sharded_dataset.h"

// The index of a pack: a folder with encoded images one behind the other in a few large files, the
// shards, and this file, which says what lies where. docs/data.md describes the format.
namespace dbot::data {

inline constexpr std::string_view kPackIndexName = "index.dbotpack";

/// "shard-00012.images".
std::string pack_shard_name(std::size_t shard);

struct PackIndex {
  struct Shard {
    std::uint64_t bytes = 0;
    std::string checksum;  // XXH3 128 of all bytes, 32 hexadecimal digits
  };
  std::vector<Shard> shards;
  std::vector<ShardPlace> places;    // of each image, in the order of the data set
  std::vector<std::int32_t> labels;  // −1: unlabelled
  core::TextList names;
  std::vector<std::string> classes;

  std::size_t images() const { return places.size(); }
};

/// The bytes of the index file.
std::string pack_index_bytes(const PackIndex& index);

/// Reads them. The checksum holds, each image lies inside its shard and each label counts a class;
/// else throws DataError (without a path).
PackIndex parse_pack_index(std::span<const std::byte> bytes);

}  // namespace dbot::data
