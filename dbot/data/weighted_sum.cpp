#include "dbot/data/weighted_sum.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "dbot/data/resample.h"

namespace dbot::data {
namespace {

constexpr std::int32_t half = 1 << (weight_bits - 1);

// Compilers take generic vectors of bytes apart one by one, hence the intrinsics.
[[gnu::target("avx2")]] inline __m256i product(const std::uint8_t* values, __m256i weight) {
  const auto bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(values));
  return _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), weight);
}

[[gnu::target("avx2")]] void avx2_weighted_sum(const std::uint8_t* values, std::size_t step,
                                               const std::int32_t* weights, int count,
                                               std::uint8_t* result) {
  auto low = _mm256_set1_epi32(half), high = low;
  for (int t = 0; t < count; ++t, values += step) {
    const auto weight = _mm256_set1_epi32(weights[t]);
    low = _mm256_add_epi32(low, product(values, weight));
    high = _mm256_add_epi32(high, product(values + lanes / 2, weight));
  }
  low = _mm256_srai_epi32(low, weight_bits);
  high = _mm256_srai_epi32(high, weight_bits);
  // Packing works within 128-bit halves; the permutation puts the lanes in order again.
  const auto words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0b11011000);
  const auto pixels =
      _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(result), pixels);
}

}  // namespace

void plain_weighted_sum(const std::uint8_t* values, std::size_t step, const std::int32_t* weights,
                        int count, std::uint8_t* result) {
  std::array<std::int32_t, lanes> sums;
  sums.fill(half);
  for (int t = 0; t < count; ++t, values += step) {
    for (int l = 0; l < lanes; ++l) sums[l] += values[l] * weights[t];
  }
  for (int l = 0; l < lanes; ++l) {
    result[l] = static_cast<std::uint8_t>(std::clamp(sums[l] >> weight_bits, 0, 255));
  }
}

void transpose(const std::array<const std::uint8_t*, lanes>& rows, std::uint8_t* result) {
  __m128i now[lanes], next[lanes];
  for (int r = 0; r < lanes; ++r) {
    now[r] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[r]));
  }
  // Interleaving row r with row r + 8 turns the address bits (row, column) by one; four times: all.
  for (int round = 0; round < 4; ++round) {
    for (int r = 0; r < lanes / 2; ++r) {
      next[2 * r] = _mm_unpacklo_epi8(now[r], now[r + lanes / 2]);
      next[2 * r + 1] = _mm_unpackhi_epi8(now[r], now[r + lanes / 2]);
    }
    std::copy(std::begin(next), std::end(next), std::begin(now));
  }
  for (int x = 0; x < lanes; ++x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(result) + x, now[x]);
  }
}

WeightedSum weighted_sum() {
  return __builtin_cpu_supports("avx2") ? avx2_weighted_sum : plain_weighted_sum;
}

}  // namespace dbot::data
