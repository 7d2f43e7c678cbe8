#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>

// libjpeg needs <cstdio> before it.
#include <jpeglib.h>

#include "dbot/core/error.h"

namespace dbot::data {

/// A decompressor whose errors come back as `false` from `guarded`. libjpeg is C and leaves its
/// functions by longjmp, so what runs under `guarded` must not own anything.
class JpegDecompressor {
 public:
  JpegDecompressor();
  ~JpegDecompressor() { jpeg_destroy_decompress(&info_); }
  JpegDecompressor(const JpegDecompressor&) = delete;
  JpegDecompressor& operator=(const JpegDecompressor&) = delete;

  /// Runs `step` on libjpeg's struct; false if libjpeg reported an error, then `message` and
  /// `fault` say which.
  template <typename Step>
  bool guarded(const Step& step) {
    if (setjmp(jump_) != 0) return false;
    step(info_);
    return true;
  }

  const jpeg_decompress_struct& info() const { return info_; }
  const char* message() const { return message_; }
  Fault fault() const { return fault_; }
  /// Bytes between the end of a scan's pixels and the next marker, of all scans.
  std::int64_t unused_bytes() const { return unused_bytes_; }

 private:
  static JpegDecompressor& self(j_common_ptr info) {
    return *static_cast<JpegDecompressor*>(info->client_data);
  }
  [[noreturn]] void leave();
  void count_scans();
  void note(int warning);

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  char message_[JMSG_LENGTH_MAX] = {};
  Fault fault_ = Fault::corrupt;
  std::int64_t unused_bytes_ = 0;
};

}  // namespace dbot::data
