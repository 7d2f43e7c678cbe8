#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "dbot/core/error.h"
#include "dbot/data/video/module/video_table.h"

struct AVCodecContext;
struct AVFormatContext;
struct AVFrame;
struct AVIOContext;
struct AVPacket;
struct AVStream;
struct SwsContext;

namespace dbot::data::video_module {

/// What is wrong with a video.
struct Broken {
  Fault fault;
  std::string reason;
};

/// Ends what FFmpeg gave.
struct Release {
  void operator()(AVCodecContext* decoder) const;
  void operator()(AVFormatContext* container) const;
  void operator()(AVFrame* frame) const;
  void operator()(AVIOContext* reader) const;
  void operator()(AVPacket* packet) const;
  void operator()(SwsContext* converter) const;
};
template <typename Type>
using Owned = std::unique_ptr<Type, Release>;

/// A part of a file that FFmpeg reads from; nothing else is opened, whatever a container names.
class FileRange {
 public:
  /// Throws Broken.
  explicit FileRange(const VideoBytes& bytes);
  ~FileRange();
  FileRange(const FileRange&) = delete;
  FileRange& operator=(const FileRange&) = delete;

  void set_deadline(double steady_seconds) { deadline_ = steady_seconds; }
  bool late() const;
  /// A read failed, other than at the end.
  bool failed() const { return failed_; }

  static int read(void* range, std::uint8_t* buffer, int size);
  static std::int64_t seek(void* range, std::int64_t place, int whence);

 private:
  int file_ = -1;
  std::uint64_t offset_, bytes_, place_ = 0;
  double deadline_ = 0;
  bool failed_ = false;
};

/// A video that is read: its packets, or the frames of a plan. All functions throw Broken.
class OpenVideo {
 public:
  OpenVideo(const VideoBytes& bytes, const VideoBounds& bounds, bool probe);

  VideoFacts facts() const;
  bool next_packet(VideoPacket& packet);
  void begin(const VideoPlan& plan);
  bool next_frame(std::int64_t& wanted);
  void rows(int top, int count, const std::uint8_t** first, std::ptrdiff_t* step);

 private:
  void open_container(bool probe);
  void choose_stream();
  void open_decoder();
  bool read_packet();
  void send_packet();
  bool receive_frame();
  bool wants(std::int64_t time) const;
  void prepare_conversion();
  void check_time() const;
  void check_read(int code) const;

  FileRange range_;
  VideoBounds bounds_;
  Owned<AVIOContext> reader_;
  Owned<AVFormatContext> container_;
  AVStream* stream_ = nullptr;  // of the container
  Owned<AVCodecContext> decoder_;
  Owned<AVPacket> packet_;
  Owned<AVFrame> frame_, rgb_;
  Owned<SwsContext> converter_;
  int converted_width_ = 0, converted_height_ = 0, converted_format_ = -1;
  bool row_blocks_ = false;  // the converter began the present frame

  VideoPlan plan_{};
  std::size_t sent_ = 0;    // wanted packets that the decoder has
  std::size_t given_ = 0;   // wanted frames that were given
  std::int64_t count_ = 0;  // frames since the plan began
  bool flushed_ = false;
};

}  // namespace dbot::data::video_module
