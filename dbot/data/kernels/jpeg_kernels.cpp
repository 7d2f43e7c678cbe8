#include "dbot/data/kernels/jpeg_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/data/kernels/jpeg_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/data/kernels/dct-inl.h"
#include "dbot/data/kernels/jpeg_kernels_plain.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::data::HWY_NAMESPACE {
#if HWY_MAX_BYTES < 32  // eight words in a vector: not on SSE2, nor on Arm

using plain::inverse_dct;
using plain::inverse_dct_half;
using plain::rgb_from_ycc;

#else

namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::FixedTag<std::int32_t, 8>;
using WordVector = hn::Vec<Words>;
using Halves = hn::FixedTag<std::int16_t, 8>;
using Bytes = hn::FixedTag<std::uint8_t, 8>;

/// One pass over all columns, which lie in the lanes.
template <int kShift>
HWY_INLINE void transform(WordVector (&x)[8]) {
  const Words words;
  inverse_dct_pass(
      x, [&](WordVector v, std::int32_t c) HWY_ATTR { return hn::Mul(v, hn::Set(words, c)); });
  const auto half = hn::Set(words, 1 << (kShift - 1));
  for (auto& value : x) value = hn::ShiftRight<kShift>(hn::Add(value, half));
}

HWY_INLINE void transpose(WordVector (&x)[8]) {
  const Words words;
  const hn::Repartition<std::uint64_t, Words> pairs;
  const auto low = [&](WordVector a, WordVector b) HWY_ATTR {
    return hn::BitCast(words,
                       hn::InterleaveLower(pairs, hn::BitCast(pairs, a), hn::BitCast(pairs, b)));
  };
  const auto high = [&](WordVector a, WordVector b) HWY_ATTR {
    return hn::BitCast(words,
                       hn::InterleaveUpper(pairs, hn::BitCast(pairs, a), hn::BitCast(pairs, b)));
  };
  WordVector t[8], u[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = hn::InterleaveLower(words, x[i], x[i + 1]);
    t[i + 1] = hn::InterleaveUpper(words, x[i], x[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    u[i] = low(t[i], t[i + 2]);
    u[i + 1] = high(t[i], t[i + 2]);
    u[i + 2] = low(t[i + 1], t[i + 3]);
    u[i + 3] = high(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    x[i] = hn::ConcatLowerLower(words, u[i + 4], u[i]);
    x[i + 4] = hn::ConcatUpperUpper(words, u[i + 4], u[i]);
  }
}

void inverse_dct(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  const Words words;
  WordVector x[8];
  for (int i = 0; i < 8; ++i) {
    x[i] = hn::PromoteTo(words, hn::LoadU(Halves(), coefficients + 8 * i));
    hn::StoreU(hn::Zero(Halves()), Halves(), coefficients + 8 * i);
  }
  transform<plain::kDctBits - plain::kDctPassBits>(x);
  transpose(x);
  transform<plain::kDctBits + plain::kDctPassBits + 3>(x);
  transpose(x);
  const auto middle = hn::Set(Halves(), 128);
  for (int i = 0; i < 8; ++i) {
    const auto row = hn::SaturatedAdd(hn::DemoteTo(Halves(), x[i]), middle);
    hn::StoreU(hn::DemoteTo(Bytes(), row), Bytes(),
               pixels + static_cast<std::size_t>(i) * row_bytes);
  }
}

using QuarterWords = hn::FixedTag<std::int32_t, 4>;
using QuarterVector = hn::Vec<QuarterWords>;

template <int kShift>
HWY_INLINE void transform_half(QuarterVector (&x)[4]) {
  const QuarterWords words;
  inverse_dct_half_pass(
      x, [&](QuarterVector v, std::int32_t c) HWY_ATTR { return hn::Mul(v, hn::Set(words, c)); });
  const auto half = hn::Set(words, 1 << (kShift - 1));
  for (auto& value : x) value = hn::ShiftRight<kShift>(hn::Add(value, half));
}

HWY_INLINE void transpose_half(QuarterVector (&x)[4]) {
  const QuarterWords words;
  const hn::Repartition<std::uint64_t, QuarterWords> pairs;
  const auto a = hn::BitCast(pairs, hn::InterleaveLower(words, x[0], x[1]));
  const auto b = hn::BitCast(pairs, hn::InterleaveUpper(words, x[0], x[1]));
  const auto c = hn::BitCast(pairs, hn::InterleaveLower(words, x[2], x[3]));
  const auto d = hn::BitCast(pairs, hn::InterleaveUpper(words, x[2], x[3]));
  x[0] = hn::BitCast(words, hn::InterleaveLower(pairs, a, c));
  x[1] = hn::BitCast(words, hn::InterleaveUpper(pairs, a, c));
  x[2] = hn::BitCast(words, hn::InterleaveLower(pairs, b, d));
  x[3] = hn::BitCast(words, hn::InterleaveUpper(pairs, b, d));
}

void inverse_dct_half(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  const QuarterWords words;
  const hn::FixedTag<std::int16_t, 4> halves;
  const hn::FixedTag<std::uint8_t, 4> bytes;
  QuarterVector x[4];
  for (int i = 0; i < 4; ++i) x[i] = hn::PromoteTo(words, hn::LoadU(halves, coefficients + 8 * i));
  for (int i = 0; i < 8; ++i) hn::StoreU(hn::Zero(Halves()), Halves(), coefficients + 8 * i);
  transform_half<plain::kDctBits - plain::kDctPassBits>(x);
  transpose_half(x);
  transform_half<plain::kDctBits + plain::kDctPassBits + 3>(x);
  transpose_half(x);
  const auto middle = hn::Set(halves, 128);
  for (int i = 0; i < 4; ++i) {
    const auto row = hn::SaturatedAdd(hn::DemoteTo(halves, x[i]), middle);
    hn::StoreU(hn::DemoteTo(bytes, row), bytes, pixels + static_cast<std::size_t>(i) * row_bytes);
  }
}

void rgb_from_ycc(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third,
                  std::size_t count) {
  const Words words;
  const hn::Repartition<std::int16_t, Words> factors;
  const auto half = hn::Set(words, 1 << (plain::kYccBits - 1));
  const auto pair = [&](int cb, int cr) HWY_ATTR {
    return hn::BitCast(
        factors, hn::Set(words, (cb & 0xFFFF) | static_cast<int>(static_cast<unsigned>(cr) << 16)));
  };
  const auto red = pair(0, plain::kYccRedCr), blue = pair(plain::kYccBlueCb, 0);
  const auto green = pair(plain::kYccGreenCb, plain::kYccGreenCr);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto load = [&](const std::uint8_t* from)
                          HWY_ATTR { return hn::PromoteTo(words, hn::LoadU(Bytes(), from + i)); };
    const auto y = load(first), middle = hn::Set(words, 128);
    const auto cb = hn::Sub(load(second), middle), cr = hn::Sub(load(third), middle);
    const auto low = hn::And(cb, hn::Set(words, 0xFFFF));
    const auto both = hn::BitCast(factors, hn::Or(low, hn::ShiftLeft<16>(cr)));
    const auto store = [&](auto weights, std::uint8_t* to) HWY_ATTR {
      auto odd = hn::Zero(words);
      const auto even = hn::ReorderWidenMulAccumulate(words, both, weights, half, odd);
      const auto difference =
          hn::ShiftRight<plain::kYccBits>(hn::RearrangeToOddPlusEven(even, odd));
      hn::StoreU(hn::DemoteTo(Bytes(), hn::Add(y, difference)), Bytes(), to + i);
    };
    store(red, first);
    store(green, second);
    store(blue, third);
  }
  plain::rgb_from_ycc(first + i, second + i, third + i, count - i);
}

#endif
}  // namespace dbot::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::data {

HWY_EXPORT(inverse_dct);
HWY_EXPORT(inverse_dct_half);
HWY_EXPORT(rgb_from_ycc);

void inverse_dct(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  HWY_DYNAMIC_DISPATCH(inverse_dct)(coefficients, pixels, row_bytes);
}

void inverse_dct_half(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  HWY_DYNAMIC_DISPATCH(inverse_dct_half)(coefficients, pixels, row_bytes);
}

void rgb_from_ycc(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third,
                  std::size_t count) {
  HWY_DYNAMIC_DISPATCH(rgb_from_ycc)(first, second, third, count);
}

}  // namespace dbot::data
#endif
