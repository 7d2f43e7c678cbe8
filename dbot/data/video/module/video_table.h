#pragma once

#include <cstddef>
#include <cstdint>

// What libdbot_video.so gives the program: one table of plain functions over plain structs, so that
// neither knows a type of the other's. The program opens it at run time (video_module.h).
namespace dbot::data {

/// To be raised with every change of this file: program and module have to agree.
inline constexpr int kVideoTableVersion = 1;

/// A part of a file that holds one video.
struct VideoBytes {
  const char* path;
  std::uint64_t offset, bytes;
};

struct VideoBounds {
  std::int64_t pixels;  // of a frame
  double seconds;       // that an opened video may take until it is closed
};

struct VideoFailure {
  int fault;  // dbot::Fault
  char reason[240];
};

/// What a container says of its video stream.
struct VideoFacts {
  int width, height;  // as stored
  int orientation;    // EXIF's 1…8
  int probe;          // 1: times are only known where `open` looks into the stream first
  std::int64_t rate_numerator, rate_denominator;  // mean frames a second; 0: it does not say
  std::int64_t unit_numerator, unit_denominator;  // seconds of a unit of time
  std::int64_t promised;                          // packets that its table names; 0: it has none
  char codec[32];
};

/// One encoded frame, in the order of the file.
struct VideoPacket {
  std::int64_t time;  // when it is shown, units
  std::int64_t seek;  // where to look for it, units; of a key frame
  int timed, key;
  int shown;  // 0: the container cuts it away
};

/// The frames that are wanted. Either by the times of their packets, ascending, from a key frame
/// on; or counted from the first frame of the file.
struct VideoPlan {
  const std::int64_t* wanted;  // times or numbers; borrowed until the last frame
  std::size_t count;
  int counted;
  int from_start;     // else from `seek`
  std::int64_t seek;  // of a key frame
  int height, width;  // of frames whose rows are wanted; others are damage
};

/// Functions that return int give 1, 0 at the end, and −1 with `failure` filled. A video is used by
/// one thread at a time.
struct VideoTable {
  int version;
  /// Null with `failure` filled.
  void* (*open)(const VideoBytes* bytes, const VideoBounds* bounds, int probe, VideoFacts* facts,
                VideoFailure* failure);
  void (*close)(void* video);
  /// From the beginning of the file, before any plan.
  int (*next_packet)(void* video, VideoPacket* packet, VideoFailure* failure);
  int (*begin)(void* video, const VideoPlan* plan, VideoFailure* failure);
  /// Decodes up to the next wanted frame, and says its time or number. Counted plans without wanted
  /// frames give the time of each frame.
  int (*next_frame)(void* video, std::int64_t* wanted, VideoFailure* failure);
  /// Rows of the present frame as interleaved RGB; valid until the next call of any function.
  int (*rows)(void* video, int top, int count, const std::uint8_t** first, std::ptrdiff_t* step,
              VideoFailure* failure);
};

/// The only symbol of the module: `extern "C" const VideoTable* dbot_video_table()`.
inline constexpr const char* kVideoTableSymbol = "dbot_video_table";

}  // namespace dbot::data
