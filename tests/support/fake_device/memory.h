#pragma once

#include <c10/core/Allocator.h>

#include <cstddef>
#include <functional>
#include <vector>

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

/// How many bytes `work` held at once above what is held when it has ended.
std::size_t peak_bytes(const std::function<void()>& work);

// ---- For graphs (tape.h), one at a time. ----
/// What is taken from here to the end is of a pool: it is given back to the pool, and to nobody
/// else before `release_pool`.
void begin_pool();
void end_pool();
void release_pool();
/// Pages that were ever touched, by their numbers, and what is in them.
struct MemoryPages {
  std::vector<std::size_t> numbers;
  std::vector<std::byte> bytes;
};
/// All memory as it is, and back again; what was taken in between stays as it is.
MemoryPages memory_as_it_is();
void put_memory_back(const MemoryPages& pages);

}  // namespace dbot::test::fake
