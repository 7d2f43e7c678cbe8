#pragma once

#include <cstddef>
#include <cstdint>

// The kernels of jpeg_kernels.h for any processor, and what the others are checked against.
namespace dbot::data::plain {

/// Constants of the cosine transform, 13 fractional bits: √2 · cos and sin of multiples of π/16.
inline constexpr int kDctBits = 13, kDctPassBits = 2;

/// Colour differences to RGB, 14 fractional bits.
inline constexpr int kYccBits = 14;
inline constexpr int kYccRedCr = 22970, kYccGreenCb = -5638, kYccGreenCr = -11700,
                     kYccBlueCb = 29032;

void inverse_dct(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes);
void inverse_dct_half(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes);
void rgb_from_ycc(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third,
                  std::size_t count);

}  // namespace dbot::data::plain
