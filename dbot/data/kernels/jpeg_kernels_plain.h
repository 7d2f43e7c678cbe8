#pragma once

#include <cstddef>
#include <cstdint>

// The kernels of jpeg_kernels.h for any processor, and what the others are checked against.
namespace dbot::data::plain {

/// Constants of the cosine transform, 13 fractional bits: √2 · cos and sin of multiples of π/16.
inline constexpr int dct_bits = 13, dct_pass_bits = 2;

/// Colour differences to RGB, 14 fractional bits.
inline constexpr int ycc_bits = 14;
inline constexpr int ycc_red_cr = 22970, ycc_green_cb = -5638, ycc_green_cr = -11700,
                     ycc_blue_cb = 29032;

void inverse_dct(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes);
void inverse_dct_half(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes);
void rgb_from_ycc(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third,
                  std::size_t count);

}  // namespace dbot::data::plain
