#pragma once

#include <cstddef>
#include <cstdint>

// Inner loops of JPEG, for AVX2 and for any processor: integer arithmetic, so that all give the
// same bytes.
namespace dbot::data {

/// The inverse cosine transform of 8 × 8 dequantised coefficients, row after row, to pixels; they
/// are set to 0, ready for the next block. The factorisation of Loeffler, Ligtenberg and Moschytz
/// (ICASSP 1989) with 13-bit constants and the roundings of libjpeg's "islow": equal to it bit for
/// bit.
void inverse_dct(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes);

/// The same at half the size: the 4 × 4 lowest frequencies to as many pixels, each where the middle
/// of the four that it stands for is. All 64 coefficients are set to 0.
void inverse_dct_half(std::int16_t* coefficients, std::uint8_t* pixels, std::size_t row_bytes);

/// Y, Cb and Cr to R, G and B (JFIF), in place; any count.
void rgb_from_ycc(std::uint8_t* first, std::uint8_t* second, std::uint8_t* third,
                  std::size_t count);

}  // namespace dbot::data
