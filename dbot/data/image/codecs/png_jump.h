#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdio>

#include "dbot/core/error.h"

namespace dbot::data {

/// How libpng's errors come back: it is C and leaves its functions by longjmp, so what runs under
/// `guarded` must not own anything.
class PngJump {
 public:
  /// For png_create_read_struct and png_create_write_struct, whose error pointer is a PngJump.
  static void on_error(png_structp png, png_const_charp text) {
    static_cast<PngJump*>(png_get_error_ptr(png))->leave(text, Fault::corrupt);
  }
  static void on_warning(png_structp, png_const_charp) {}

  /// Runs `step`; false if it was left, then `message` and `fault` say why.
  template <typename Step>
  bool guarded(const Step& step) {
    if (setjmp(jump_) != 0) return false;
    step();
    return true;
  }

  /// Leaves the step that runs.
  [[noreturn]] void leave(const char* text, Fault fault) {
    fault_ = fault;
    std::snprintf(message_, sizeof message_, "%s", text);
    std::longjmp(jump_, 1);
  }

  const char* message() const { return message_; }
  Fault fault() const { return fault_; }

 private:
  std::jmp_buf jump_{};
  char message_[200] = {};
  Fault fault_ = Fault::other;
};

}  // namespace dbot::data
