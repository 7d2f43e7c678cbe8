// Activations of the MLP and their derivatives, once for each instruction set.
#if defined(DBOT_OPS_ACTIVATIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DBOT_OPS_ACTIVATIONS_INL_H_
#undef DBOT_OPS_ACTIVATIONS_INL_H_
#else
#define DBOT_OPS_ACTIVATIONS_INL_H_
#endif

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

/// x sigmoid(1.702 x).
HWY_INLINE Vector quick_gelu_of(Vector x) {
  // Below this sigmoid is 0 in float32 and its exponential would not be finite.
  const Vector power = hn::Min(hn::Mul(x, constant(-1.702F)), constant(88.0F));
  return hn::Div(x, hn::Add(constant(1.0F), exponential(power)));
}

/// 1/(1 + e^−2u) = (1 + tanh u)/2 of u = √(2/π) (x + 0.044715 x³).
HWY_INLINE Vector tanh_share(Vector x) {
  const Vector square = hn::Mul(x, x);
  const Vector power =
      hn::Mul(x, hn::MulAdd(square, constant(-2 * 0.0356774081F), constant(-2 * 0.797884561F)));
  // Above this the share is 0 in float32 and its exponential would not be finite.
  return hn::Div(constant(1.0F),
                 hn::Add(constant(1.0F), exponential(hn::Min(power, constant(80.0F)))));
}

HWY_INLINE Vector tanh_gelu_of(Vector x) {
  return hn::Mul(x, tanh_share(x));
}

/// An activation and its derivative, which share most of their work.
struct ActivationSlope {
  Vector value, derivative;
};

/// The exact GELU, x Φ(x), and Φ(x) + x φ(x).
HWY_INLINE ActivationSlope gelu_slope(Vector x) {
  const Normal distribution = normal(x);
  return {hn::Mul(x, distribution.cumulative),
          hn::MulAdd(x, distribution.density, distribution.cumulative)};
}

HWY_INLINE ActivationSlope tanh_gelu_slope(Vector x) {
  const Vector share = tanh_share(x);
  const Vector value = hn::Mul(x, share);
  // d/dx x·s(x) = s + x·s·(1 − s)·2 du/dx, with 2 du/dx = 2 √(2/π) (1 + 3·0.044715 x²).
  const Vector steepness =
      hn::MulAdd(hn::Mul(x, x), constant(6 * 0.0356774081F), constant(2 * 0.797884561F));
  return {value, hn::MulAdd(hn::Mul(value, hn::Sub(constant(1.0F), share)), steepness, share)};
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
