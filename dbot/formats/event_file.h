#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/core/files/file_descriptor.h"

// TensorBoard's event files: records of TFRecord framing that hold protocol buffers, written field
// by field. Sources: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto and
// framework/summary.proto (field numbers).
namespace dbot::formats {

struct EventScalar {
  std::string tag;  // "train/loss"; a slash makes a group
  float value = 0;
};

/// Appends events to a new file; each is handed to the system whole. All functions throw Error with
/// the path and the reason. Not for several threads at once.
class EventFile {
 public:
  /// Creates the file, which must not exist, and writes the head that readers expect.
  EventFile(const std::filesystem::path& path, double wall_time);

  /// Tells readers that a run goes on from `step`: they forget that step and later ones of older
  /// files.
  void restart(std::int64_t step, double wall_time);
  void add(std::int64_t step, double wall_time, const std::vector<EventScalar>& scalars);

 private:
  void write(const std::string& event);

  std::filesystem::path path_;
  core::FileDescriptor file_;
};

/// One TFRecord: length, checksum of the length, data, checksum of the data.
std::string framed_record(std::string_view data);

/// CRC-32C (Castagnoli), RFC 3720 appendix B.4.
std::uint32_t crc32c(std::string_view bytes);

/// events.out.tfevents.SECONDS.dbot in `folder`, sorted behind all that are there, whatever the
/// clock says.
std::filesystem::path next_event_path(const std::filesystem::path& folder, double wall_time);

}  // namespace dbot::formats
