#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/files/file_descriptor.h"
#include "dbot/data/sources/pack/pack_index.h"

namespace dbot::data {

/// One pack in the making: a folder with finished shards, each with its own piece of the index, and
/// the one that grows. Shards are durable before they count as finished.
class PackWork {
 public:
  /// Creates `folder`, or goes on in it behind the last finished shard.
  explicit PackWork(std::filesystem::path folder);
  ~PackWork();
  PackWork(const PackWork&) = delete;
  PackWork& operator=(const PackWork&) = delete;

  /// Whether `finish` was called, by this object or one before.
  bool finished() const { return finished_; }
  /// Index, in the data set, of the first image that no finished shard covers.
  std::int64_t next() const { return next_; }
  /// The images and shards that are finished.
  const PackIndex& index() const { return index_; }

  bool shard_is_open() const { return file_.valid(); }
  std::uint64_t open_shard_bytes() const { return shard_bytes_; }
  /// Appends to the open shard, or to a new one.
  void add(std::span<const std::uint8_t> bytes, std::string_view name, std::int32_t label);
  /// Ends the open shard: all images before `next` are in finished ones.
  void end_shard(std::int64_t next);
  /// Writes the whole index and removes the pieces; the shards are a pack then.
  void finish(const std::vector<std::string>& classes);

 private:
  std::filesystem::path shard_path() const;
  std::filesystem::path piece_path(std::size_t shard) const;
  bool keep_shard(std::size_t shard);
  /// What a process that was killed has left.
  void remove_leavings();

  std::filesystem::path folder_;
  PackIndex index_;
  bool finished_ = false;
  std::int64_t next_ = 0;
  // The open shard.
  core::FileDescriptor file_;
  PackIndex piece_;
  std::uint64_t shard_bytes_ = 0;
};

}  // namespace dbot::data
