#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/text_list.h"
#include "dbot/data/dataset.h"
#include "dbot/data/sources/content.h"
#include "dbot/data/sources/labels.h"
#include "dbot/data/sources/tar/shard_files.h"

namespace dbot::data {

/// Where an encoded image lies in a shard.
struct ShardPlace {
  std::uint64_t offset = 0;
  std::uint32_t shard = 0, bytes = 0;
};

/// An image of more bytes than that is damage, or an attack on memory.
inline constexpr std::uint64_t kMostImageBytes = std::uint64_t{1} << 30;
/// A video is never in memory as a whole; a place counts so many bytes.
inline constexpr std::uint64_t kMostVideoBytes = (std::uint64_t{1} << 32) - 1;

/// Encoded images or videos that lie one behind the other in a few large files: tar archives,
/// packs.
class ShardedDataset final : public Dataset {
 public:
  struct Index {
    std::vector<std::filesystem::path> shown;  // what a shard's images are named by in messages
    std::vector<ShardPlace> places;
    core::TextList names;  // within the shard
    Labels labels;
    Content content = Content::images;
  };
  /// Each place lies inside its shard.
  ShardedDataset(ShardFiles files, Index index);

  std::int64_t size() const override { return static_cast<std::int64_t>(index_.places.size()); }
  void read(std::int64_t index, Sample& sample) const override;
  std::int64_t label(std::int64_t index) const override;
  std::string name(std::int64_t index) const override;
  std::string key(std::int64_t index) const override;
  std::int64_t stored_bytes(std::int64_t index) const override;
  const std::vector<std::string>& classes() const override { return index_.labels.classes; }

 private:
  ShardFiles files_;
  Index index_;
};

}  // namespace dbot::data
