#include "dbot/ops/cpu/kernels/bf16/engines.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>

// AVX512-BF16: a vector of the packed matrix has two steps of the sums for each of 16 columns, and
// the two values of the left matrix that they are multiplied with are neighbours in its row.
namespace dbot::ops {
namespace {

#define DBOT_DOT_PRODUCT __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

constexpr int kMostRows = 6;  // 6 × 4 sums, 4 vectors of b and one value of a fill the registers
constexpr int kMostGroups = 4;

/// Two values of a row of a, for all columns.
DBOT_DOT_PRODUCT inline __m512bh pair_at(const c10::BFloat16* a) {
  int both = 0;
  __builtin_memcpy(&both, a, sizeof both);
  return (__m512bh)_mm512_set1_epi32(both);
}

/// 16 sums of row `row` and of the columns from `column` on.
DBOT_DOT_PRODUCT inline void put(const BlockProduct& p, std::int64_t row, std::int64_t column,
                                 __m512 sums) {
  if (p.y == nullptr) return _mm512_storeu_ps(p.c + row * p.c_row + column, sums);
  if (p.bias != nullptr) sums = _mm512_add_ps(sums, _mm512_loadu_ps(p.bias + column));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p.y + row * p.y_row + column),
                      (__m256i)_mm512_cvtneps_pbh(sums));
}

template <int kRows, int kGroups>
DBOT_DOT_PRODUCT void multiply_part(const BlockProduct& p, std::int64_t row, std::int64_t group) {
  const c10::BFloat16* a = p.a + row * p.a_row;
  const c10::BFloat16* b = p.b + group * p.b_group;
  float* c = p.c + row * p.c_row + group * kTileColumns;
  __m512 sums[kRows][kGroups];
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kGroups; ++j) {
      sums[i][j] =
          p.add ? _mm512_loadu_ps(c + i * p.c_row + j * kTileColumns) : _mm512_setzero_ps();
    }
  }
  const std::int64_t pairs = (p.depth + 1) / 2;
  for (std::int64_t k = 0; k < pairs; ++k) {
    __m512bh columns[kGroups];
    for (int j = 0; j < kGroups; ++j) {
      columns[j] = (__m512bh)_mm512_loadu_si512(b + j * p.b_group + k * 2 * kTileColumns);
    }
    for (int i = 0; i < kRows; ++i) {
      const __m512bh values = pair_at(a + i * p.a_row + 2 * k);
      for (int j = 0; j < kGroups; ++j) {
        sums[i][j] = _mm512_dpbf16_ps(sums[i][j], values, columns[j]);
      }
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kGroups; ++j) {
      put(p, row + i, (group + j) * kTileColumns, sums[i][j]);
    }
  }
}

template <int kRows>
void multiply_rows(const BlockProduct& p, std::int64_t row, std::int64_t group,
                   std::int64_t groups) {
  switch (groups) {
    case 1:
      return multiply_part<kRows, 1>(p, row, group);
    case 2:
      return multiply_part<kRows, 2>(p, row, group);
    case 3:
      return multiply_part<kRows, 3>(p, row, group);
    default:
      return multiply_part<kRows, kMostGroups>(p, row, group);
  }
}

void multiply_some(const BlockProduct& p, std::int64_t row, std::int64_t rows, std::int64_t group,
                   std::int64_t groups) {
  switch (rows) {
    case 1:
      return multiply_rows<1>(p, row, group, groups);
    case 2:
      return multiply_rows<2>(p, row, group, groups);
    case 3:
      return multiply_rows<3>(p, row, group, groups);
    case 4:
      return multiply_rows<4>(p, row, group, groups);
    case 5:
      return multiply_rows<5>(p, row, group, groups);
    default:
      return multiply_rows<kMostRows>(p, row, group, groups);
  }
}

void multiply(const BlockProduct& p) {
  for (std::int64_t group = 0; group < p.groups; group += kMostGroups) {
    const std::int64_t groups = std::min<std::int64_t>(kMostGroups, p.groups - group);
    for (std::int64_t row = 0; row < p.rows; row += kMostRows) {
      multiply_some(p, row, std::min<std::int64_t>(kMostRows, p.rows - row), group, groups);
    }
  }
}

void nothing() {}

}  // namespace

BlockKernels dot_product_kernels() {
  return {.begin = nothing, .multiply = multiply, .end = nothing, .rows = 48, .rounds = true};
}

}  // namespace dbot::ops

#else

namespace dbot::ops {

BlockKernels dot_product_kernels() {
  return {};
}

}  // namespace dbot::ops

#endif
