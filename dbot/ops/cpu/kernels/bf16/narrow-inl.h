// Rounding of floats to bfloat16, once for each instruction set: by arithmetic, or by the
// instruction that AVX512-BF16 has for it.
#if defined(DBOT_OPS_NARROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DBOT_OPS_NARROW_INL_H_
#undef DBOT_OPS_NARROW_INL_H_
#else
#define DBOT_OPS_NARROW_INL_H_
#endif

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

/// Stores as simd-inl.h does.
struct RoundedByArithmetic {
  static HWY_INLINE void store(Vector values, c10::BFloat16* to) {
    simd::HWY_NAMESPACE::store(values, to);
  }
};

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

/// To nearest, ties to even, as well; what is smaller than the smallest normal number becomes 0.
/// An assembler instruction, since the functions around it are compiled for AVX-512 alone.
struct RoundedByProcessor {
  static HWY_INLINE void store(Vector values, c10::BFloat16* to) {
    hn::Vec<hn::FixedTag<std::uint16_t, 16>> rounded;
    asm("vcvtneps2bf16 %1, %0" : "=v"(rounded.raw) : "v"(values.raw));
    hn::StoreU(rounded, hn::FixedTag<std::uint16_t, 16>(), reinterpret_cast<std::uint16_t*>(to));
  }
};

#else

struct RoundedByProcessor : RoundedByArithmetic {};

#endif

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
