// Loads, stores and functions on vectors of floats, once for each instruction set: include after
// hwy/foreach_target.h. Values in memory are float or bfloat16; in registers always float.
#if defined(DBOT_OPS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DBOT_OPS_SIMD_INL_H_
#undef DBOT_OPS_SIMD_INL_H_
#else
#define DBOT_OPS_SIMD_INL_H_
#endif

#include <c10/util/BFloat16.h>
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

HWY_BEFORE_NAMESPACE();
namespace dbot::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;
constexpr std::size_t kMostLanes = HWY_MAX_BYTES / sizeof(float);

HWY_INLINE Vector constant(float value) {
  return hn::Set(Floats(), value);
}

HWY_INLINE Vector load(const float* from) {
  return hn::LoadU(Floats(), from);
}

HWY_INLINE Vector load(const c10::BFloat16* from) {
  const hn::Rebind<std::uint16_t, Floats> halves;
  const hn::Rebind<std::uint32_t, Floats> words;
  const auto bits = hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from));
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(words, bits)));
}

HWY_INLINE void store(Vector values, float* to) {
  hn::StoreU(values, Floats(), to);
}

/// Rounds to nearest, ties to even. Infinities stay; NaN as arithmetic makes it stays NaN.
HWY_INLINE void store(Vector values, c10::BFloat16* to) {
  const hn::Rebind<std::uint16_t, Floats> halves;
  const hn::Rebind<std::uint32_t, Floats> words;
  const auto bits = hn::BitCast(words, values);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(words, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(words, 0x7fff)));
  hn::StoreU(hn::TruncateTo(halves, hn::ShiftRight<16>(rounded)), halves,
             reinterpret_cast<std::uint16_t*>(to));
}

/// The first `count` < lanes values; the others are 0.
template <typename Element>
HWY_INLINE Vector load_part(const Element* from, std::size_t count) {
  HWY_ALIGN float buffer[kMostLanes] = {};
  for (std::size_t i = 0; i < count; ++i) buffer[i] = static_cast<float>(from[i]);
  return hn::Load(Floats(), buffer);
}

template <typename Element>
HWY_INLINE void store_part(Vector values, Element* to, std::size_t count) {
  HWY_ALIGN Element buffer[kMostLanes] = {};
  store(values, buffer);
  for (std::size_t i = 0; i < count; ++i) to[i] = buffer[i];
}

/// Calls body(first, load, store) for each vector of `count` values; the last one may be partial,
/// which its load and store know.
template <typename Body>
HWY_INLINE void for_vectors(std::size_t count, Body body) {
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    body(
        i, [](const auto* from) HWY_ATTR { return load(from); },
        [](Vector values, auto* to) HWY_ATTR { store(values, to); });
  }
  if (const std::size_t rest = count - i; rest > 0) {
    body(
        i, [rest](const auto* from) HWY_ATTR { return load_part(from, rest); },
        [rest](Vector values, auto* to) HWY_ATTR { store_part(values, to, rest); });
  }
}

HWY_INLINE float sum(Vector values) {
  return hn::GetLane(hn::SumOfLanes(Floats(), values));
}

/// e^x for x up to 80, relative error 2e-7; 0 below −87. A function for all x would take twice the
/// work, and the softmax needs no other x. A NaN stays one.
HWY_INLINE Vector exponential(Vector x) {
  const hn::RebindToSigned<Floats> integers;
  // Adding 1.5·2²³ rounds to an integer, which then stands in the lowest bits: x = count·ln 2 +
  // rest.
  const Vector shifted = hn::MulAdd(x, constant(1.44269504F), constant(12582912.0F));
  const Vector count = hn::Sub(shifted, constant(12582912.0F));
  // The first part of ln 2 has so few digits that its product is exact.
  const Vector near = hn::MulAdd(count, constant(-0.693145751953125F), x);
  const Vector rest = hn::MulAdd(count, constant(-1.42860677e-6F), near);
  // The polynomial of least greatest relative error, 3e-9, on [−ln 2/2, ln 2/2].
  Vector series = hn::MulAdd(rest, constant(0.00138144672F), constant(0.00836878084F));
  series = hn::MulAdd(rest, series, constant(0.0416683927F));
  series = hn::MulAdd(rest, series, constant(0.166665196F));
  series = hn::MulAdd(rest, series, constant(0.49999994F));
  series = hn::MulAdd(rest, series, constant(1.0F));
  series = hn::MulAdd(rest, series, constant(1.0F));
  const auto power =
      hn::Add(hn::ShiftLeft<23>(hn::BitCast(integers, shifted)), hn::Set(integers, 127 << 23));
  return hn::IfThenZeroElse(hn::Lt(x, constant(-87.0F)),
                            hn::Mul(series, hn::BitCast(Floats(), power)));
}

/// The normal distribution: its cumulative function and its density, which share one exponential.
struct Normal {
  Vector cumulative, density;
};

/// erf by Abramowitz & Stegun 7.1.26, absolute error at most 1.5e-7.
HWY_INLINE Normal normal(Vector x) {
  const Vector a = hn::Mul(hn::Abs(x), constant(0.70710678118654752F));
  const Vector bell = exponential(hn::Neg(hn::Mul(a, a)));
  const Vector t = hn::Div(constant(1.0F), hn::MulAdd(a, constant(0.3275911F), constant(1.0F)));
  Vector series = hn::MulAdd(t, constant(1.061405429F), constant(-1.453152027F));
  series = hn::MulAdd(t, series, constant(1.421413741F));
  series = hn::MulAdd(t, series, constant(-0.284496736F));
  series = hn::MulAdd(t, series, constant(0.254829592F));
  const Vector tail = hn::Mul(hn::Mul(hn::Mul(t, series), bell), constant(0.5F));
  const Vector upper = hn::Sub(constant(1.0F), tail);
  return {hn::IfThenElse(hn::Lt(x, constant(0.0F)), tail, upper),
          hn::Mul(bell, constant(0.39894228040143268F))};
}

/// x Φ(x), the exact GELU, without exponential and division. Φ(x) = 1/2 + x P(x²) on [−5.2, 5.2],
/// where P is the polynomial in 2(x/5.2)² − 1 of least greatest error, 1.5e-7 in float32; beyond,
/// Φ is 0 and 1 to that precision. A NaN goes through.
HWY_INLINE Vector gelu_of(Vector x) {
  constexpr float kCoefficients[] = {
      -0.000481277035F, 0.00126851129F, -0.00122149393F, 0.00180012186F, -0.00478903856F,
      0.00855996832F,   -0.0125051215F, 0.0179547872F,   -0.0247236304F, 0.0319899581F,
      -0.0399298184F,   0.0500245206F,  -0.0677436665F,  0.135949999F};
  // No maximum: for some processors that of a number and NaN is the number.
  const Vector above = hn::IfThenElse(hn::Lt(x, constant(-5.2F)), constant(-5.2F), x);
  const Vector clamped = hn::Min(constant(5.2F), above);
  const Vector u = hn::MulSub(hn::Mul(clamped, clamped), constant(0.0739644989F), constant(1.0F));
  Vector series = constant(kCoefficients[0]);
  for (std::size_t i = 1; i < std::size(kCoefficients); ++i) {
    series = hn::MulAdd(series, u, constant(kCoefficients[i]));
  }
  return hn::Mul(above, hn::MulAdd(clamped, series, constant(0.5F)));
}

}  // namespace dbot::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
