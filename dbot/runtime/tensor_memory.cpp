#include "dbot/runtime/tensor_memory.h"

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <c10/util/Exception.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <new>

namespace dbot::runtime {
namespace {

constexpr std::size_t kLarge = std::size_t{64} << 10;
constexpr std::size_t kRounding = 4096;
constexpr std::size_t kMostSlack = std::size_t{128} << 20;
constexpr std::size_t kHeader = 64;  // keeps LibTorch's alignment of 64 bytes
constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// In front of each block; `bytes` is 0 for a small one.
struct Header {
  std::size_t bytes;
};
static_assert(sizeof(Header) <= kHeader);

void* behind(void* block) {
  return static_cast<std::byte*>(block) + kHeader;
}

void* block_of(void* data) {
  return static_cast<std::byte*>(data) - kHeader;
}

/// Throws std::bad_alloc when the system has no more: LibTorch throws its general error, which
/// nobody can tell from others.
void* plain_memory_of(std::size_t bytes) {
  try {
    return c10::alloc_cpu(bytes);
  } catch (const c10::Error&) {
    throw std::bad_alloc();
  }
}

/// Memory of the system, in huge pages where it gives them on request: a step strides through
/// gigabytes, and with pages of 4 KiB every other access has to look its page up. Throws
/// std::bad_alloc when the system has no more.
void* memory_of(std::size_t bytes) {
  void* block = nullptr;
  if (bytes < kHugePage || ::posix_memalign(&block, kHugePage, bytes) != 0) {
    return plain_memory_of(bytes);
  }
  static_cast<void>(::madvise(block, bytes, MADV_HUGEPAGE));  // refused: small pages
  return block;
}

class Blocks {
 public:
  /// `bytes` and the header. Throws std::bad_alloc when the system has no more.
  void* take(std::size_t bytes) {
    const std::size_t wanted = (bytes + kHeader + kRounding - 1) / kRounding * kRounding;
    {
      const std::lock_guard lock(mutex_);
      const auto found = free_.lower_bound(wanted);
      // A much larger one would be missed by the tensor that it was made for.
      if (found != free_.end() && found->first <= wanted + wanted / 8) {
        void* block = found->second;
        kept_ -= found->first;
        used(found->first);
        free_.erase(found);
        return block;
      }
      make_room(wanted);
    }
    void* block = obtain(wanted);
    const std::lock_guard lock(mutex_);
    ++obtained_;
    used(wanted);
    return block;
  }

  void give(void* block) {
    const std::size_t bytes = static_cast<Header*>(block)->bytes;
    const std::lock_guard lock(mutex_);
    in_use_ -= bytes;
    kept_ += bytes;
    free_.emplace(bytes, block);
  }

  void give_back() {
    const std::lock_guard lock(mutex_);
    drop(kept_);
    most_in_use_ = in_use_;
  }

  TensorMemory state() {
    const std::lock_guard lock(mutex_);
    return {static_cast<std::int64_t>(in_use_), static_cast<std::int64_t>(kept_), obtained_};
  }

 private:
  void* obtain(std::size_t bytes) {
    void* block = nullptr;
    try {
      block = memory_of(bytes);
    } catch (const std::bad_alloc&) {
      const std::lock_guard lock(mutex_);
      if (kept_ == 0) throw;
      drop(kept_);
    }
    if (block == nullptr) block = memory_of(bytes);
    static_cast<Header*>(block)->bytes = bytes;
    return block;
  }

  void used(std::size_t bytes) {
    in_use_ += bytes;
    most_in_use_ = std::max(most_in_use_, in_use_);
  }

  /// Gives blocks back until `wanted` more bytes keep what is held in its bounds.
  void make_room(std::size_t wanted) {
    const std::size_t most = std::max(most_in_use_, in_use_ + wanted);
    const std::size_t bound = most + std::min(most / 4, kMostSlack);
    const std::size_t held = in_use_ + kept_ + wanted;
    if (held > bound) drop(held - bound);
  }

  /// Largest first: they are the fewest.
  void drop(std::size_t bytes) {
    std::size_t dropped = 0;
    while (dropped < bytes && !free_.empty()) {
      const auto last = std::prev(free_.end());
      dropped += last->first;
      kept_ -= last->first;
      c10::free_cpu(last->second);
      free_.erase(last);
    }
  }

  std::mutex mutex_;
  std::multimap<std::size_t, void*> free_;
  std::size_t in_use_ = 0, kept_ = 0, most_in_use_ = 0;
  std::int64_t obtained_ = 0;
};

/// Never destroyed: tensors of static objects are freed after it would be.
Blocks& blocks() {
  static auto* const all = new Blocks;
  return *all;
}

void free_block(void* data) {
  if (data == nullptr) return;
  void* block = block_of(data);
  if (static_cast<Header*>(block)->bytes == 0) {
    c10::free_cpu(block);
  } else {
    blocks().give(block);
  }
}

class ReusingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = nullptr;
    if (bytes >= kLarge) {
      data = behind(blocks().take(bytes));
    } else if (bytes > 0) {
      void* block = plain_memory_of(bytes + kHeader);
      static_cast<Header*>(block)->bytes = 0;
      data = behind(block);
    }
    return {data, data, &free_block, at::Device(at::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &free_block; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

}  // namespace

void reuse_tensor_memory() {
  static const bool once = [] {
    c10::SetCPUAllocator(new ReusingAllocator, /*priority=*/1);
    return true;
  }();
  static_cast<void>(once);
}

TensorMemory tensor_memory() {
  return blocks().state();
}

void give_back_free_memory() {
  blocks().give_back();
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace dbot::runtime
