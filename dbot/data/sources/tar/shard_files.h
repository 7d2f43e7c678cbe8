#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "dbot/core/files/file_descriptor.h"

namespace dbot::data {

/// Large files that are read at random, by several threads. They are read, not mapped: a shard that
/// somebody cuts short meanwhile is an error of one image, not a signal to the process. The first
/// ones stay open, so that a reader of a thousand shards does not run out of descriptors.
class ShardFiles {
 public:
  /// Throws DataError, naming the file, for one that is missing or is no regular file.
  explicit ShardFiles(std::vector<std::filesystem::path> paths);

  std::size_t count() const { return files_.size(); }
  const std::filesystem::path& path(std::size_t shard) const { return files_.at(shard).path; }
  /// Bytes, when it was opened.
  std::uint64_t size(std::size_t shard) const { return files_.at(shard).size; }
  /// Fills `bytes`. Throws DataError, naming the file, if it cannot be read or ends before.
  void read(std::size_t shard, std::uint64_t offset, std::span<std::uint8_t> bytes) const;

 private:
  struct File {
    std::filesystem::path path;
    std::uint64_t size = 0;
    core::FileDescriptor open;
  };
  std::vector<File> files_;
};

}  // namespace dbot::data
