#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "dbot/ops/cuda/bodies/block.h"

// A block of threads on the host, for the bodies of kernels (dbot/ops/cuda/bodies/block.h): its
// threads run one after the other, phase by phase. It throws where a GPU would give chance results:
// memory that one thread writes and another reads or writes with no barrier between them, places
// beyond the memory, a barrier that not all threads reach, a value that is not the same for all.
namespace dbot::ops::cuda {

/// A value for each thread. Before it is written it is NaN.
template <typename T>
class HostOwn {
 public:
  explicit HostOwn(int threads) : values_(static_cast<std::size_t>(threads)) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memset(static_cast<void*>(values_.data()), 0xff, values_.size() * sizeof(T));
  }
  T& operator[](int thread) { return values_.at(static_cast<std::size_t>(thread)); }
  const T& operator[](int thread) const { return values_.at(static_cast<std::size_t>(thread)); }

 private:
  std::vector<T> values_;
};

/// What the threads of a block share, and who touched which word of it since the last barrier.
class HostMemory {
 public:
  explicit HostMemory(std::size_t bytes) : words_(bytes / sizeof(std::uint32_t)) {}

  void barrier() {
    for (Word& word : words_) word.writer = word.reader = kNobody;
  }
  void write(int thread, std::size_t first, const void* value, std::size_t bytes) {
    for (Word& word : touched(first, bytes)) {
      refuse_unless(is_mine(word.writer, thread) && is_mine(word.reader, thread));
      word.writer = thread;
      std::memcpy(&word.value, value, sizeof word.value);
      value = static_cast<const char*>(value) + sizeof word.value;
    }
  }
  void read(int thread, std::size_t first, void* value, std::size_t bytes) {
    for (Word& word : touched(first, bytes)) {
      refuse_unless(is_mine(word.writer, thread));
      word.reader = is_mine(word.reader, thread) ? thread : kSeveral;
      std::memcpy(value, &word.value, sizeof word.value);
      value = static_cast<char*>(value) + sizeof word.value;
    }
  }

 private:
  static constexpr int kNobody = -1, kSeveral = -2;
  struct Word {
    std::uint32_t value = 0x7fc00000;  // NaN
    int writer = kNobody, reader = kNobody;
  };
  struct Words {
    Word *first, *last;
    Word* begin() const { return first; }
    Word* end() const { return last; }
  };

  static bool is_mine(int other, int thread) { return other == kNobody || other == thread; }
  static void refuse_unless(bool holds) {
    if (!holds) throw std::logic_error("threads race for shared memory");
  }
  Words touched(std::size_t first, std::size_t bytes) {
    const std::size_t begin = first / sizeof(std::uint32_t);
    const std::size_t end = begin + bytes / sizeof(std::uint32_t);
    if (end > words_.size()) throw std::logic_error("shared memory ends before this place");
    return {words_.data() + begin, words_.data() + end};
  }

  std::vector<Word> words_;
};

template <typename T>
class HostShared {
 public:
  explicit HostShared(HostMemory& memory) : memory_(&memory) {
    static_assert(sizeof(T) % sizeof(std::uint32_t) == 0);
  }
  void put(int thread, int place, const T& value) {
    memory_->write(thread, static_cast<std::size_t>(place) * sizeof(T), &value, sizeof(T));
  }
  T get(int thread, int place) const {
    T value;
    memory_->read(thread, static_cast<std::size_t>(place) * sizeof(T), &value, sizeof(T));
    return value;
  }

 private:
  HostMemory* memory_;
};

class HostBlock {
 public:
  HostBlock(std::int64_t index, std::int64_t count, int threads, std::size_t bytes, bool reversed)
      : index_(index), count_(count), threads_(threads), reversed_(reversed), memory_(bytes) {}

  std::int64_t index() const { return index_; }
  std::int64_t count() const { return count_; }
  int threads() const { return threads_; }

  template <typename T>
  HostOwn<T> own() const {
    return HostOwn<T>(threads_);
  }
  template <typename Phase>
  void each(const Phase& phase) {
    expect_no_phase();
    in_phase_ = true;
    for (int i = 0; i < threads_; ++i) phase(reversed_ ? threads_ - 1 - i : i);
    in_phase_ = false;
  }
  template <typename T>
  HostOwn<T> across(const HostOwn<T>& own, int distance) const {
    expect_no_phase();
    HostOwn<T> others(threads_);
    for (int thread = 0; thread < threads_; ++thread) others[thread] = own[thread ^ distance];
    return others;
  }
  template <typename T>
  T uniform(const HostOwn<T>& own) const {
    expect_no_phase();
    for (int thread = 1; thread < threads_; ++thread) {
      const auto* first = reinterpret_cast<const unsigned char*>(&own[0]);
      const auto* other = reinterpret_cast<const unsigned char*>(&own[thread]);
      if (!std::equal(first, first + sizeof(T), other)) {
        throw std::logic_error("a value is not the same for all threads");
      }
    }
    return own[0];
  }
  template <typename T>
  HostShared<T> shared() {
    return HostShared<T>(memory_);
  }
  void barrier() {
    expect_no_phase();
    memory_.barrier();
  }

 private:
  void expect_no_phase() const {
    if (in_phase_) throw std::logic_error("all threads together, inside the work of one");
  }

  std::int64_t index_, count_;
  int threads_;
  bool reversed_;
  bool in_phase_ = false;
  HostMemory memory_;
};

}  // namespace dbot::ops::cuda
