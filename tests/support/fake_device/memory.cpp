#include "tests/support/fake_device/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <new>
#include <unordered_map>
#include <unordered_set>

#include "dbot/core/error.h"
#include "tests/support/fake_device/fake_device.h"

namespace dbot::test::fake {
namespace {

constexpr std::size_t kReserved = std::size_t{1} << 36;  // addresses, not memory
constexpr std::size_t kBlock = 4096;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t rounded_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

/// Blocks of one region. Freed ones are given again to who asks for hardly fewer bytes.
class Region {
 public:
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    std::size_t size = std::max(kBlock, rounded_up(bytes, kBlock));
    void* block = nullptr;
    Free& free = pooling_ ? pool_ : free_;
    const auto found = free.lower_bound(size);
    if (found != free.end() && found->first <= size + size / 8) {
      size = found->first;
      block = found->second;
      free.erase(found);
    } else {
      if (end_ + size > kReserved) throw std::bad_alloc();
      block = begin_ + end_;
      end_ += size;
      protect();
    }
    sizes_[block] = size;
    in_use_ += size;
    peak_ = std::max(peak_, in_use_);
    if (pooling_) pooled_.insert(block);
    return block;
  }

  void give_back(void* block) {
    const std::lock_guard lock(mutex_);
    const auto found = sizes_.find(block);
    (pooled_.contains(block) ? pool_ : free_).emplace(found->second, block);
    in_use_ -= found->second;
    sizes_.erase(found);
  }

  std::size_t peak_above_now() {
    const std::lock_guard lock(mutex_);
    return peak_ - in_use_;
  }
  void count_peak_anew() {
    const std::lock_guard lock(mutex_);
    peak_ = in_use_;
  }

  void pool(bool begins) {
    const std::lock_guard lock(mutex_);
    pooling_ = begins;
  }
  void release_pool() {
    const std::lock_guard lock(mutex_);
    free_.merge(pool_);
    pooled_.clear();
  }

  /// Others stay untouched: each page that is there makes it slower to open and close the region.
  MemoryPages pages() {
    const std::lock_guard lock(mutex_);
    std::vector<unsigned char> touched(end_ / kBlock);
    if (mincore(begin_, end_, touched.data()) != 0) throw Error("[fake device] mincore fails");
    MemoryPages pages;
    for (std::size_t i = 0; i < touched.size(); ++i) {
      if ((touched[i] & 1U) == 0) continue;
      pages.numbers.push_back(i);
      const std::byte* page = begin_ + i * kBlock;
      pages.bytes.insert(pages.bytes.end(), page, page + kBlock);
    }
    return pages;
  }
  void put_back(const MemoryPages& pages) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < pages.numbers.size(); ++i) {
      std::memcpy(begin_ + pages.numbers[i] * kBlock, pages.bytes.data() + i * kBlock, kBlock);
    }
  }

  void open(int more) {
    const std::lock_guard lock(mutex_);
    const bool was_open = open_ > 0;
    open_ += more;
    if (was_open != (open_ > 0)) protect();
  }

 private:
  static std::byte* reserve() {
    void* region = mmap(nullptr, kReserved + kHugePage, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
    if (region == MAP_FAILED) throw Error("[fake device] no addresses are left");
    // Opening and closing costs time for each page that is there, and happens in every operator.
    auto* const begin =
        reinterpret_cast<std::byte*>(rounded_up(reinterpret_cast<std::size_t>(region), kHugePage));
    static_cast<void>(madvise(begin, kReserved, MADV_HUGEPAGE));  // refused: small pages
    return begin;
  }

  void protect() const {
    // Whole huge pages: else the last one is split.
    if (mprotect(begin_, rounded_up(end_, kHugePage),
                 open_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE) == 0)
      return;
    throw Error("[fake device] its memory could not be opened or closed");
  }

  std::mutex mutex_;
  std::byte* begin_ = reserve();
  std::size_t end_ = 0;  // of what was ever used
  int open_ = 0;
  std::size_t in_use_ = 0, peak_ = 0;
  using Free = std::multimap<std::size_t, void*>;
  Free free_, pool_;
  std::unordered_set<void*> pooled_;
  bool pooling_ = false;
  std::unordered_map<void*, std::size_t> sizes_;
};

/// Lives as long as the process: tensors may outlive everything else.
Region& region() {
  static auto* const all = new Region;
  return *all;
}

class Allocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = region().take(bytes);
    return {data, data, &release, at::Device(device())};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    const Open open;
    std::memcpy(to, from, bytes);
  }

 private:
  static void release(void* data) { region().give_back(data); }
};

}  // namespace

Open::Open() {
  region().open(1);
}

Open::~Open() {
  region().open(-1);
}

std::size_t peak_bytes(const std::function<void()>& work) {
  region().count_peak_anew();
  work();
  return region().peak_above_now();
}

void begin_pool() {
  region().pool(true);
}

void end_pool() {
  region().pool(false);
}

void release_pool() {
  region().release_pool();
}

MemoryPages memory_as_it_is() {
  const Open open;
  return region().pages();
}

void put_memory_back(const MemoryPages& pages) {
  const Open open;
  region().put_back(pages);
}

c10::Allocator& device_allocator() {
  static auto* const allocator = new Allocator;
  return *allocator;
}

}  // namespace dbot::test::fake
