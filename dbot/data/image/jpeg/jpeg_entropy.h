#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

// The entropy-coded data of a sequential JPEG (ITU-T T.81, annex F), read faster than libjpeg does:
// stuffing is taken out beforehand, and a code is looked up together with the number behind it.
namespace dbot::data {

/// A code table. The next `kLookBits` bits tell the code they begin with, unless it is longer.
class HuffmanTable {
 public:
  static constexpr int kLookBits = 10;
  static constexpr std::uint8_t kEndOfBlock = 64;

  struct Entry {
    std::uint8_t bits = 0;         // of the code and the number behind it; 0: a longer code
    std::uint8_t code_bits = 0;    // of the code
    std::uint8_t number_bits = 0;  // of the number
    std::uint8_t zeros = 0;        // before the number, or `kEndOfBlock`
  };

  /// `counts[n]` codes have n = 1…16 bits; `symbols` are theirs, in order. False if there are more
  /// codes than bits allow. The table that it already is costs nothing.
  bool build(const std::uint8_t (&counts)[17], const std::uint8_t (&symbols)[256]);

  /// Several codes with their numbers at once, for blocks of which nothing is kept.
  struct Leap {
    std::uint8_t bits = 0;     // of all of them; 0: not even one fits into what is looked up
    std::uint8_t advance = 0;  // places in the block
    bool ends = false;         // the last one is the end of the block
  };
  /// Before, no leap is of any code. Costs as much as leaping over some thousand blocks, once for a
  /// table.
  void prepare_leaps();
  Leap leap(std::uint64_t bits) const { return leaps_[bits >> (64 - kLeapBits)]; }

  /// The entry for data whose next 64 bits are `bits`; its `bits` are 0 if they begin with no code.
  Entry find(std::uint64_t bits) const {
    const Entry entry = entries_[bits >> (64 - kLookBits)];
    return entry.bits != 0 ? entry : search(bits);
  }

 private:
  static constexpr int kLeapBits = 11;

  Entry search(std::uint64_t bits) const;
  Leap leap_of(std::uint64_t bits) const;

  std::array<Entry, std::size_t{1} << kLookBits> entries_;
  std::array<std::int32_t, 17> limit_{};   // first code of each length that is none, 16 bits wide
  std::array<std::int32_t, 17> offset_{};  // place of a code's symbol, less the code
  std::array<std::uint8_t, 17> counts_{};
  std::array<std::uint8_t, 256> symbols_{};
  std::array<Leap, std::size_t{1} << kLeapBits> leaps_;
  bool built_ = false, has_leaps_ = false;
};

/// The number in the `entry.number_bits` bits behind its code (T.81, F.2.2.1: EXTEND); 0 for none.
inline std::int32_t number_behind(std::uint64_t bits, HuffmanTable::Entry entry) {
  const std::uint64_t from = bits << entry.code_bits;
  const auto value = static_cast<std::int32_t>(from >> 1 >> (63 - entry.number_bits));
  // Numbers that begin with 0 are negative: 1 − 2^bits is added.
  const auto negative = static_cast<std::int32_t>(from >> 63) - 1;
  return value + (negative & (1 - (1 << entry.number_bits)));
}

/// Data of a scan without stuffing; restart markers have divided it.
class ScanData {
 public:
  /// False if the data hold what is unusual: fill bytes, restarts out of order, no end.
  bool set(std::span<const std::uint8_t> stuffed);
  std::size_t segments() const { return ends_.size(); }
  /// Zeros follow each segment, so that 8 bytes may always be read.
  std::span<const std::uint8_t> segment(std::size_t index) const;

  static constexpr std::size_t kPadding = 16;

 private:
  void append(std::span<const std::uint8_t> bytes);
  std::uint8_t* room(std::size_t bytes);
  void close_segment();

  std::vector<std::uint8_t> bytes_;
  std::size_t size_ = 0;  // of bytes_ that is used
  std::vector<std::size_t> begins_, ends_;
};

/// Takes bits from a segment, the highest first.
class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> segment)
      : next_(segment.data()), end_(segment.data() + segment.size()) {}

  /// Has at least 56 bits ready. Behind the end come zeros.
  void refill() {
    std::uint64_t word;
    std::memcpy(&word, next_, sizeof word);
    bits_ |= __builtin_bswap64(word) >> count_;
    const int taken = (63 - count_) >> 3;
    next_ += taken;
    if (next_ > end_) [[unlikely]] {
      missing_ += next_ - end_;
      next_ = end_;
    }
    count_ |= 56;
  }
  std::uint64_t bits() const { return bits_; }
  int count() const { return count_; }
  void drop(int bits) {
    bits_ <<= bits;
    count_ -= bits;
  }
  /// True if more was taken than there was.
  bool overrun() const { return missing_ * 8 > count_; }
  /// Whole bytes that were not taken, where there was no overrun.
  std::ptrdiff_t unused_bytes() const { return end_ - next_ + (count_ >> 3) - missing_; }

 private:
  const std::uint8_t *next_, *end_;
  std::uint64_t bits_ = 0;
  int count_ = 0;
  std::ptrdiff_t missing_ = 0;  // bytes behind the end that were made up
};

}  // namespace dbot::data
