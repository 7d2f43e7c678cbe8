#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern "C" {
#include <libavformat/avio.h>
#include <libavutil/error.h>
}

#include "dbot/core/clock.h"
#include "dbot/data/video/module/open_video.h"

namespace dbot::data::video_module {
FileRange::FileRange(const VideoBytes& bytes)
    // A pipe that is named like a video must not make us wait for its writer.
    : file_(::open(bytes.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
      offset_(bytes.offset),
      bytes_(bytes.bytes) {
  if (file_ < 0) {
    throw Broken{Fault::unreadable, std::string("cannot be opened: ") + std::strerror(errno)};
  }
  struct stat status {};
  const bool regular = ::fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  if (regular && static_cast<std::uint64_t>(status.st_size) >= offset_ + bytes_) return;
  ::close(file_);
  throw Broken{Fault::unreadable, regular ? "was cut short meanwhile" : "is not a regular file"};
}

FileRange::~FileRange() {
  ::close(file_);
}

bool FileRange::late() const {
  return deadline_ > 0 && core::steady_seconds() > deadline_;
}

int FileRange::read(void* range, std::uint8_t* buffer, int size) {
  auto& self = *static_cast<FileRange*>(range);
  if (self.late()) return AVERROR_EXIT;
  const auto left = self.bytes_ - std::min(self.place_, self.bytes_);
  const auto count = std::min(left, static_cast<std::uint64_t>(std::max(0, size)));
  if (count == 0) return AVERROR_EOF;
  for (;;) {
    const auto taken =
        ::pread(self.file_, buffer, count, static_cast<off_t>(self.offset_ + self.place_));
    if (taken < 0 && errno == EINTR) continue;
    self.failed_ |= taken < 0;
    if (taken < 0) return AVERROR(errno);
    if (taken == 0) return AVERROR_EOF;
    self.place_ += static_cast<std::uint64_t>(taken);
    return static_cast<int>(taken);
  }
}

std::int64_t FileRange::seek(void* range, std::int64_t place, int whence) {
  auto& self = *static_cast<FileRange*>(range);
  const auto bytes = static_cast<std::int64_t>(self.bytes_);
  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE) return bytes;
  const auto from = whence == SEEK_SET   ? 0
                    : whence == SEEK_CUR ? static_cast<std::int64_t>(self.place_)
                                         : bytes;
  if (place < -from || place > bytes - from) return AVERROR(EINVAL);
  self.place_ = static_cast<std::uint64_t>(from + place);
  return from + place;
}

}  // namespace dbot::data::video_module
