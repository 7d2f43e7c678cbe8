#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// Elements and how a thread reads and writes four of them. This header and the bodies that include
// it are compiled by nvcc for a GPU and by the host's compiler for the tests. With -fmad=false a
// GPU rounds every addition, product, root and quotient as the host does; what is to be fused says
// std::fma.
#ifdef __CUDACC__
#define DBOT_DEVICE __device__
#else
#define DBOT_DEVICE
#endif

namespace dbot::ops::cuda {

/// The upper half of a float32.
struct BFloat16 {
  std::uint16_t bits;
};

DBOT_DEVICE inline float to_float(float value) {
  return value;
}

DBOT_DEVICE inline float to_float(BFloat16 value) {
  const std::uint32_t bits = static_cast<std::uint32_t>(value.bits) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

/// The nearest bfloat16, the even one of two; what is no number becomes 0x7fff, as a GPU has it.
DBOT_DEVICE inline BFloat16 to_bfloat16(float value) {
  BFloat16 result;
#ifdef __CUDA_ARCH__
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
#else
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t half = 0x7fff + ((bits >> 16) & 1);
  result.bits = std::isnan(value) ? 0x7fff : static_cast<std::uint16_t>((bits + half) >> 16);
#endif
  return result;
}

template <typename Element>
DBOT_DEVICE Element from_float(float value) {
  if constexpr (sizeof(Element) == sizeof(float)) {
    return value;
  } else {
    return to_bfloat16(value);
  }
}

/// Four neighbouring values: 16 bytes of float32, what a thread reads and writes at once.
struct alignas(16) Quad {
  float at[4];
};

/// Four neighbours as they lie in memory.
template <typename Element>
struct alignas(4 * sizeof(Element)) Packed {
  Element at[4];
};

/// Values first … first + 3 of `count`, 0 beyond. aligned: `values` is, to four elements; first is
/// a multiple of four.
template <typename Element>
DBOT_DEVICE Quad load_quad(const Element* values, std::int64_t first, std::int64_t count,
                           bool aligned) {
  Quad quad{};
  if (aligned && first + 4 <= count) {
    const auto packed = *reinterpret_cast<const Packed<Element>*>(values + first);
    for (int i = 0; i < 4; ++i) quad.at[i] = to_float(packed.at[i]);
  } else {
    for (int i = 0; i < 4; ++i) {
      if (first + i < count) quad.at[i] = to_float(values[first + i]);
    }
  }
  return quad;
}

template <typename Element>
DBOT_DEVICE void store_quad(const Quad& quad, Element* values, std::int64_t first,
                            std::int64_t count, bool aligned) {
  if (aligned && first + 4 <= count) {
    Packed<Element> packed;
    for (int i = 0; i < 4; ++i) packed.at[i] = from_float<Element>(quad.at[i]);
    *reinterpret_cast<Packed<Element>*>(values + first) = packed;
  } else {
    for (int i = 0; i < 4; ++i) {
      if (first + i < count) values[first + i] = from_float<Element>(quad.at[i]);
    }
  }
}

/// What a product's input would be after a round trip through Element.
template <typename Element>
DBOT_DEVICE float rounded(float value) {
  return to_float(from_float<Element>(value));
}

}  // namespace dbot::ops::cuda
