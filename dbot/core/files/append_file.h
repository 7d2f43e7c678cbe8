#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <string>

#include "dbot/core/files/file_descriptor.h"

namespace dbot::core {

/// A file that grows by whole records and outlives a full disk: what cannot be written waits in
/// memory and follows later, in order and without holes. Each record is handed to the system when
/// it is complete, so that a process that dies leaves at most the last one torn.
class AppendFile {
 public:
  /// No file yet.
  AppendFile() = default;
  /// Opens or creates `path`. At most `keep_bytes` wait in memory; beyond that the oldest records
  /// that wait are dropped. Throws Error if the file cannot be opened.
  explicit AppendFile(std::filesystem::path path, std::size_t keep_bytes = std::size_t{16} << 20);

  /// Adds a record. True if all records are in the file now.
  bool append(std::string record);
  /// Tries again to write what waits. True if nothing waits any more.
  bool flush();

  std::size_t waiting() const { return waiting_.size(); }
  /// Records that were dropped because too many waited.
  std::size_t dropped() const { return dropped_; }
  /// Why the last attempt failed; empty if it did not.
  const std::string& problem() const { return problem_; }

 private:
  void drop_beyond_limit();

  std::filesystem::path path_;
  std::size_t keep_bytes_ = 0;
  FileDescriptor file_;
  std::deque<std::string> waiting_;  // the first may be what is left of a record
  bool first_is_torn_ = false;       // it must be completed, whatever else is dropped
  std::size_t waiting_bytes_ = 0;
  std::size_t dropped_ = 0;
  std::string problem_;
};

}  // namespace dbot::core
