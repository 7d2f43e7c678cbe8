// One pass of the inverse cosine transform of eight values, for whole numbers and for vectors of
// them, once for each instruction set: include after hwy/foreach_target.h.
#if defined(DBOT_OPS_DCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DBOT_OPS_DCT_INL_H_
#undef DBOT_OPS_DCT_INL_H_
#else
#define DBOT_OPS_DCT_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dbot::data::HWY_NAMESPACE {

/// x[0…7] to the transformed values times 2^13. `times(v, c)` multiplies by a constant. Sums are
/// written with the operators of the values, which wrap.
template <typename Value, typename Times>
HWY_INLINE void inverse_dct_pass(Value (&x)[8], const Times& times) {
  const Value even = times(x[2] + x[6], 4433);
  const Value e2 = even + times(x[6], -15137), e3 = even + times(x[2], 6270);
  const Value e0 = times(x[0] + x[4], 1 << 13), e1 = times(x[0] - x[4], 1 << 13);
  const Value a0 = e0 + e3, a3 = e0 - e3, a1 = e1 + e2, a2 = e1 - e2;
  const Value odd = times(x[7] + x[3] + (x[5] + x[1]), 9633);
  const Value z1 = times(x[7] + x[1], -7373), z2 = times(x[5] + x[3], -20995);
  const Value z3 = times(x[7] + x[3], -16069) + odd, z4 = times(x[5] + x[1], -3196) + odd;
  const Value o0 = times(x[7], 2446) + z1 + z3, o1 = times(x[5], 16819) + z2 + z4;
  const Value o2 = times(x[3], 25172) + z2 + z3, o3 = times(x[1], 12299) + z1 + z4;
  x[0] = a0 + o3;
  x[7] = a0 - o3;
  x[1] = a1 + o2;
  x[6] = a1 - o2;
  x[2] = a2 + o1;
  x[5] = a2 - o1;
  x[3] = a3 + o0;
  x[4] = a3 - o0;
}

/// The same for four values; the constants are √2 · cos(π/8) and √2 · cos(3π/8).
template <typename Value, typename Times>
HWY_INLINE void inverse_dct_half_pass(Value (&x)[4], const Times& times) {
  const Value e0 = times(x[0] + x[2], 1 << 13), e1 = times(x[0] - x[2], 1 << 13);
  const Value o0 = times(x[1], 10703) + times(x[3], 4433);
  const Value o1 = times(x[1], 4433) - times(x[3], 10703);
  x[0] = e0 + o0;
  x[1] = e1 + o1;
  x[2] = e1 - o1;
  x[3] = e0 - o0;
}

}  // namespace dbot::data::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
