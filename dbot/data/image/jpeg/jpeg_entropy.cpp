#include "dbot/data/image/jpeg/jpeg_entropy.h"
#include "dbot/data/scratch.h"

#include <algorithm>

namespace dbot::data {
namespace {

HuffmanTable::Entry entry_of(int code_bits, std::uint8_t symbol) {
  const int number_bits = symbol & 15, zeros = symbol >> 4;
  const bool is_end = number_bits == 0 && zeros != 15;
  return {static_cast<std::uint8_t>(code_bits + number_bits), static_cast<std::uint8_t>(code_bits),
          static_cast<std::uint8_t>(number_bits),
          is_end ? HuffmanTable::kEndOfBlock : static_cast<std::uint8_t>(zeros)};
}

}  // namespace

bool HuffmanTable::build(const std::uint8_t (&counts)[17], const std::uint8_t (&symbols)[256]) {
  const bool same = built_ && std::equal(counts_.begin(), counts_.end(), counts) &&
                    std::equal(symbols_.begin(), symbols_.end(), symbols);
  if (same) return true;
  built_ = has_leaps_ = false;
  entries_.fill({});
  leaps_.fill({});
  std::copy(std::begin(counts), std::end(counts), counts_.begin());
  std::copy(std::begin(symbols), std::end(symbols), symbols_.begin());
  std::int32_t code = 0, place = 0;
  for (int length = 1; length <= 16; ++length) {
    const auto l = static_cast<std::size_t>(length);
    offset_[l] = place - code;
    if (place + counts[l] > 256 || code + counts[l] > 1 << length) return false;
    for (int i = 0; i < counts[l]; ++i, ++code, ++place) {
      if (length > kLookBits) continue;
      const auto entry = entry_of(length, symbols_[static_cast<std::size_t>(place)]);
      const int free = kLookBits - length;  // bits behind the code that are looked up with it
      const auto first = entries_.begin() + (code << free);
      std::fill(first, first + (std::ptrdiff_t{1} << free), entry);
    }
    limit_[l] = code << (16 - length);
    code <<= 1;
  }
  built_ = true;
  return true;
}

void HuffmanTable::prepare_leaps() {
  if (has_leaps_) return;
  for (std::uint64_t i = 0; i < leaps_.size(); ++i) leaps_[i] = leap_of(i << (64 - kLeapBits));
  has_leaps_ = true;
}

HuffmanTable::Leap HuffmanTable::leap_of(std::uint64_t bits) const {
  Leap leap;
  while (!leap.ends) {
    const auto entry = entries_[bits >> (64 - kLookBits)];
    if (entry.bits == 0 || leap.bits + entry.bits > kLeapBits) break;
    leap.bits = static_cast<std::uint8_t>(leap.bits + entry.bits);
    leap.ends = entry.zeros == kEndOfBlock;
    if (!leap.ends) leap.advance = static_cast<std::uint8_t>(leap.advance + entry.zeros + 1);
    bits <<= entry.bits;
  }
  return leap;
}

HuffmanTable::Entry HuffmanTable::search(std::uint64_t bits) const {
  const auto next = static_cast<std::int32_t>(bits >> 48);
  for (int length = kLookBits + 1; length <= 16; ++length) {
    const auto l = static_cast<std::size_t>(length);
    if (next >= limit_[l]) continue;
    const auto place = static_cast<std::size_t>(std::int64_t{next >> (16 - length)} + offset_[l]);
    if (place >= symbols_.size()) break;
    return entry_of(length, symbols_[place]);
  }
  return {};
}

bool ScanData::set(std::span<const std::uint8_t> stuffed) {
  data::room(bytes_, stuffed.size() + kPadding);
  size_ = 0;
  begins_.assign(1, 0);
  ends_.clear();
  while (!stuffed.empty()) {
    const auto* found =
        static_cast<const std::uint8_t*>(std::memchr(stuffed.data(), 0xFF, stuffed.size()));
    if (found == nullptr) return false;
    const auto before = static_cast<std::size_t>(found - stuffed.data());
    if (before + 1 >= stuffed.size()) return false;
    const std::uint8_t marker = stuffed[before + 1];
    append(stuffed.first(before + (marker == 0 ? 1 : 0)));
    stuffed = stuffed.subspan(before + 2);
    if (marker == 0) continue;
    close_segment();
    if (marker == 0xD9) return true;
    if (marker != 0xD0 + (ends_.size() - 1) % 8) return false;
    begins_.push_back(size_);
  }
  return false;
}

/// Where the next `bytes` bytes go.
std::uint8_t* ScanData::room(std::size_t bytes) {
  if (bytes_.size() - size_ < bytes) bytes_.resize(2 * bytes_.size() + bytes);
  size_ += bytes;
  return bytes_.data() + size_ - bytes;
}

void ScanData::append(std::span<const std::uint8_t> bytes) {
  if (!bytes.empty()) std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
}

void ScanData::close_segment() {
  ends_.push_back(size_);
  std::memset(room(kPadding), 0, kPadding);
}

std::span<const std::uint8_t> ScanData::segment(std::size_t index) const {
  return std::span(bytes_).subspan(begins_[index], ends_[index] - begins_[index]);
}

}  // namespace dbot::data
