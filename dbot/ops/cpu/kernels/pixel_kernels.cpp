#include "dbot/ops/cpu/kernels/pixel_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/pixel_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/pixel_kernels_plain.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

using plain::resample_lines;
using plain::scale_pixels;
using plain::turn_columns;
using plain::turn_rows;

#else

namespace hn = hwy::HWY_NAMESPACE;

// 32 bytes, also where there are more: wider vectors gain little, and small pictures would fill
// them badly.
using Bytes = hn::CappedTag<std::uint8_t, kPixelLanes>;
using Halves = hn::Repartition<std::int16_t, Bytes>;
using Words = hn::Repartition<std::int32_t, Bytes>;
using ByteVector = hn::Vec<Bytes>;
using WordVector = hn::Vec<Words>;
constexpr std::size_t kTurned = 16;  // rows and columns of a block that is kTurned in registers

/// Sums of the products of pixels with one factor of the weights, in the order in which bytes of a
/// 128-bit block are interleaved.
struct Sums {
  WordVector even[4], odd[4];  // `odd` is used by processors without a sum of pairs

  HWY_INLINE void clear() {
    for (int i = 0; i < 4; ++i) even[i] = odd[i] = hn::Zero(Words());
  }
  HWY_INLINE void add(const ByteVector* pixels, std::int32_t weights) {
    const auto factor = hn::BitCast(Halves(), hn::Set(Words(), weights));
    for (int i = 0; i < 4; ++i) {
      even[i] = hn::ReorderWidenMulAccumulate(Words(), hn::BitCast(Halves(), pixels[i]), factor,
                                              even[i], odd[i]);
    }
  }
  HWY_INLINE WordVector total(int i) const { return hn::RearrangeToOddPlusEven(even[i], odd[i]); }
};

/// Rounds the sums to pixels and puts them in order.
HWY_INLINE ByteVector rounded(const Sums& high, const Sums& low) {
  const Halves halves;
  const auto half = hn::Set(Words(), 1 << (kWeightBits - 1));
  WordVector sums[4];
  for (int i = 0; i < 4; ++i) {
    const auto sum =
        hn::Add(hn::ShiftLeft<kLowWeightBits>(high.total(i)), hn::Add(low.total(i), half));
    sums[i] = hn::ShiftRight<kWeightBits>(sum);
  }
  const auto clamped = [&](WordVector a, WordVector b) HWY_ATTR {
    const auto both = hn::ReorderDemote2To(halves, a, b);
    return hn::Min(hn::Max(both, hn::Zero(halves)), hn::Set(halves, 255));
  };
  // Bytes 0, 8, 1, 9, … of each block.
  const auto mixed = hn::BitCast(
      Bytes(), hn::Or(clamped(sums[0], sums[1]), hn::ShiftLeft<8>(clamped(sums[2], sums[3]))));
  HWY_ALIGN static constexpr std::uint8_t order[16] = {0, 2, 4, 6, 8, 10, 12, 14,
                                                       1, 3, 5, 7, 9, 11, 13, 15};
  return hn::TableLookupBytes(mixed, hn::LoadDup128(Bytes(), order));
}

/// `kPixelLanes` bytes of one output line.
HWY_INLINE ByteVector weighted_sum(const std::uint8_t* lines, std::size_t step, int count,
                                   const std::int32_t* high_weights,
                                   const std::int32_t* low_weights) {
  const Bytes bytes;
  const auto zero = hn::Zero(bytes);
  Sums high, low;
  high.clear();
  low.clear();
  const auto add = [&](ByteVector a, ByteVector b, int pair) HWY_ATTR {
    const auto lower = hn::InterleaveLower(bytes, a, b), upper = hn::InterleaveUpper(bytes, a, b);
    const ByteVector pixels[4] = {
        hn::InterleaveLower(bytes, lower, zero), hn::InterleaveUpper(bytes, lower, zero),
        hn::InterleaveLower(bytes, upper, zero), hn::InterleaveUpper(bytes, upper, zero)};
    high.add(pixels, high_weights[pair]);
    low.add(pixels, low_weights[pair]);
  };
  for (int pair = 0; pair < count / 2; ++pair, lines += 2 * step) {
    add(hn::LoadU(bytes, lines), hn::LoadU(bytes, lines + step), pair);
  }
  if (count % 2 != 0) add(hn::LoadU(bytes, lines), zero, count / 2);
  return rounded(high, low);
}

void resample_lines(const LineTaps& taps, const std::uint8_t* lines, std::size_t step,
                    std::size_t width, std::uint8_t* result, std::ptrdiff_t result_step) {
  for (int i = 0; i < taps.outputs; ++i, result += result_step) {
    const auto* first = lines + static_cast<std::size_t>(taps.first[i]) * step;
    const auto row = static_cast<std::size_t>(i) * static_cast<std::size_t>(taps.pairs_per_row);
    for (std::size_t x = 0; x < width; x += kPixelLanes) {
      const auto pixels =
          weighted_sum(first + x, step, taps.count[i], taps.high + row, taps.low + row);
      hn::StoreU(pixels, Bytes(), result + x);
    }
  }
}

/// Turns the 16 × 16 bytes that lie in the same 128-bit block of 16 vectors.
HWY_INLINE void turn_blocks(ByteVector (&now)[kTurned]) {
  const Bytes bytes;
  // Interleaving row r with row r + 8 turns the address bits (row, column) by one; four times: all.
  for (int round = 0; round < 4; ++round) {
    ByteVector next[kTurned];
    for (std::size_t r = 0; r < kTurned / 2; ++r) {
      next[2 * r] = hn::InterleaveLower(bytes, now[r], now[r + kTurned / 2]);
      next[2 * r + 1] = hn::InterleaveUpper(bytes, now[r], now[r + kTurned / 2]);
    }
    for (std::size_t r = 0; r < kTurned; ++r) now[r] = next[r];
  }
}

void turn_rows(const std::array<const std::uint8_t*, kPixelLanes>& rows, std::size_t length,
               std::uint8_t* columns) {
  const hn::Half<Bytes> half;
  std::size_t x = 0;
  for (; x + kTurned <= length; x += kTurned) {
    ByteVector block[kTurned];
    for (std::size_t r = 0; r < kTurned; ++r) {
      block[r] = hn::Combine(Bytes(), hn::LoadU(half, rows[r + kTurned] + x),
                             hn::LoadU(half, rows[r] + x));
    }
    turn_blocks(block);
    for (std::size_t r = 0; r < kTurned; ++r) {
      hn::StoreU(block[r], Bytes(), columns + (x + r) * kPixelLanes);
    }
  }
  for (; x < length; ++x) {
    for (std::size_t r = 0; r < kPixelLanes; ++r) columns[x * kPixelLanes + r] = rows[r][x];
  }
}

void turn_columns(const std::uint8_t* columns, std::size_t length,
                  const std::array<std::uint8_t*, kPixelLanes>& rows) {
  const hn::Half<Bytes> half;
  for (std::size_t x = 0; x < length; x += kTurned) {
    ByteVector block[kTurned];
    for (std::size_t r = 0; r < kTurned; ++r) {
      block[r] = hn::LoadU(Bytes(), columns + (x + r) * kPixelLanes);
    }
    turn_blocks(block);
    for (std::size_t r = 0; r < kTurned; ++r) {
      hn::StoreU(hn::LowerHalf(half, block[r]), half, rows[r] + x);
      hn::StoreU(hn::UpperHalf(half, block[r]), half, rows[r + kTurned] + x);
    }
  }
}

void scale_pixels(const std::uint8_t* pixels, std::size_t count, float scale, float shift,
                  float* values) {
  const hn::CappedTag<float, 16> floats;
  const hn::Rebind<std::uint8_t, decltype(floats)> bytes;
  const hn::Rebind<std::int32_t, decltype(floats)> words;
  const std::size_t step = hn::Lanes(floats);
  const auto factor = hn::Set(floats, scale), offset = hn::Set(floats, shift);
  const auto scaled = [&](const std::uint8_t* from) HWY_ATTR {
    const auto value = hn::ConvertTo(floats, hn::PromoteTo(words, hn::LoadU(bytes, from)));
    return hn::MulAdd(value, factor, offset);
  };
  std::size_t i = 0;
  for (; i + step <= count; i += step) hn::StoreU(scaled(pixels + i), floats, values + i);
  if (i == count) return;
  std::uint8_t rest[HWY_MAX_BYTES] = {};
  HWY_ALIGN float result[HWY_MAX_BYTES / sizeof(float)];
  for (std::size_t k = 0; i + k < count; ++k) rest[k] = pixels[i + k];
  hn::Store(scaled(rest), floats, result);
  for (std::size_t k = 0; i + k < count; ++k) values[i + k] = result[k];
}

#endif
}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(resample_lines);
HWY_EXPORT(turn_rows);
HWY_EXPORT(turn_columns);
HWY_EXPORT(scale_pixels);

void resample_lines(const LineTaps& taps, const std::uint8_t* lines, std::size_t step,
                    std::size_t width, std::uint8_t* result, std::ptrdiff_t result_step) {
  HWY_DYNAMIC_DISPATCH(resample_lines)(taps, lines, step, width, result, result_step);
}

void turn_rows(const std::array<const std::uint8_t*, kPixelLanes>& rows, std::size_t length,
               std::uint8_t* columns) {
  HWY_DYNAMIC_DISPATCH(turn_rows)(rows, length, columns);
}

void turn_columns(const std::uint8_t* columns, std::size_t length,
                  const std::array<std::uint8_t*, kPixelLanes>& rows) {
  HWY_DYNAMIC_DISPATCH(turn_columns)(columns, length, rows);
}

void scale_pixels(const std::uint8_t* pixels, std::size_t count, float scale, float shift,
                  float* values) {
  HWY_DYNAMIC_DISPATCH(scale_pixels)(pixels, count, scale, shift, values);
}

}  // namespace dbot::ops
#endif
