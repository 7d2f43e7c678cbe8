#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dbot/data/sample.h"

// The video of a sample: its part "video". Videos are too large to be handed around as bytes; the
// part says where they lie, and a clip reads what it needs.
namespace dbot::data {

inline constexpr std::string_view kVideoPart = "video";

/// A file that is one video, or the part of a file that is.
struct VideoPlace {
  std::string path;
  std::uint64_t offset = 0, bytes = 0;
  std::int64_t modified = 0;  // of the file, nanoseconds since 1970
  bool operator==(const VideoPlace&) const = default;
};

/// True if the extension is one of a kind that can be read, in any case: .mp4, .m4v, .mov, .mkv,
/// .webm, .avi.
bool has_video_extension(std::string_view file_name);

/// A whole file. Throws DataError, naming it, where it is missing, empty or no regular file.
VideoPlace video_file(const std::string& path);
/// A part of a file. Throws DataError, naming `name`, where it is empty or the file is gone.
VideoPlace video_within(const std::string& path, std::uint64_t offset, std::uint64_t bytes,
                        std::string_view name);

void put_video(const VideoPlace& place, SamplePart& part);
/// Throws DataError naming the sample where it has no video.
VideoPlace video_of(const Sample& sample);

}  // namespace dbot::data
