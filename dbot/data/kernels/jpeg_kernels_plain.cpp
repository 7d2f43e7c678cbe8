#include "dbot/data/kernels/jpeg_kernels_plain.h"

#include <algorithm>

#include "dbot/data/kernels/dct-inl.h"

namespace dbot::data::plain {
namespace {

std::uint8_t clamped(std::int32_t value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

constexpr auto kTimes = [](std::int64_t value, std::int64_t constant) { return value * constant; };

/// Transforms 8 or 4 numbers that lie `step` apart; wide enough for any coefficients.
template <std::size_t kSide>
void pass(std::int64_t* values, std::size_t step, int shift) {
  std::int64_t x[kSide];
  for (std::size_t i = 0; i < kSide; ++i) x[i] = values[i * step];
  if constexpr (kSide == 8) {
    HWY_STATIC_DISPATCH(inverse_dct_pass)(x, kTimes);
  } else {
    HWY_STATIC_DISPATCH(inverse_dct_half_pass)(x, kTimes);
  }
  for (std::size_t i = 0; i < kSide; ++i) {
    values[i * step] = (x[i] + (std::int64_t{1} << (shift - 1))) >> shift;
  }
}

/// The lowest kSide × kSide frequencies to as many pixels.
template <std::size_t kSide>
void transform(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  std::int64_t block[64];
  std::copy(coefficients, coefficients + 64, block);
  std::fill_n(coefficients, 64, std::int16_t{0});
  for (std::size_t x = 0; x < kSide; ++x) pass<kSide>(block + x, 8, kDctBits - kDctPassBits);
  for (std::size_t y = 0; y < kSide; ++y) {
    pass<kSide>(block + 8 * y, 1, kDctBits + kDctPassBits + 3);
    for (std::size_t x = 0; x < kSide; ++x) {
      const auto value = std::clamp<std::int64_t>(block[8 * y + x], -128, 127);
      pixels[y * row_bytes + x] = static_cast<std::uint8_t>(value + 128);
    }
  }
}

}  // namespace

void inverse_dct(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  transform<8>(coefficients, pixels, row_bytes);
}

void inverse_dct_half(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes) {
  transform<4>(coefficients, pixels, row_bytes);
}

void rgb_from_ycc(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third,
                  std::size_t count) {
  constexpr int kHalf = 1 << (kYccBits - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const int y = first[i], cb = second[i] - 128, cr = third[i] - 128;
    first[i] = clamped(y + ((kYccRedCr * cr + kHalf) >> kYccBits));
    second[i] = clamped(y + ((kYccGreenCb * cb + kYccGreenCr * cr + kHalf) >> kYccBits));
    third[i] = clamped(y + ((kYccBlueCb * cb + kHalf) >> kYccBits));
  }
}

}  // namespace dbot::data::plain
