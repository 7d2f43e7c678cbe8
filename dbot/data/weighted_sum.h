#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dbot::data {

/// Values a weighted sum is formed for at once; buffers are padded to multiples of it.
inline constexpr int lanes = 16;

/// result[l] = clamp(round(Σ_t weights[t] · values[t · step + l])) for l = 0…lanes − 1, weights in
/// fixed point with `weight_bits` (resample.h) fractional bits.
using WeightedSum = void (*)(const std::uint8_t* values, std::size_t step,
                             const std::int32_t* weights, int count, std::uint8_t* result);

/// The quickest one for this processor: the results are the same.
WeightedSum weighted_sum();
/// The one for any processor.
void plain_weighted_sum(const std::uint8_t* values, std::size_t step, const std::int32_t* weights,
                        int count, std::uint8_t* result);

/// result[x · lanes + r] = rows[r][x] for r, x = 0…lanes − 1.
void transpose(const std::array<const std::uint8_t*, lanes>& rows, std::uint8_t* result);

}  // namespace dbot::data
