#pragma once

#include <c10/core/Allocator.h>

namespace dbot::test::fake {

/// The host may touch the device's memory while one of these lives: inside operators alone.
class Open {
 public:
  Open();
  ~Open();
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
};

/// Of the device's memory, one region that is closed and opened as a whole.
c10::Allocator& device_allocator();

}  // namespace dbot::test::fake
