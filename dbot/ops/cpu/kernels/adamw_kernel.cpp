#include "dbot/ops/cpu/kernels/adamw_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/adamw_kernel.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

constexpr std::size_t kSums = 64;

double sum_of_squares(const float* values, std::int64_t count) {
  const auto size = static_cast<std::size_t>(count);
  const std::size_t lanes = hn::Lanes(Floats());
  HWY_ALIGN float sums[kSums] = {};
  std::size_t i = 0;
  for (; i + kSums <= size; i += kSums) {
    for (std::size_t s = 0; s < kSums; s += lanes) {
      const Vector value = load(values + i + s);
      store(hn::MulAdd(value, value, load(sums + s)), sums + s);
    }
  }
  for (std::size_t s = 0; i + s < size; ++s) sums[s] += values[i + s] * values[i + s];
  double total = 0;
  for (const float sum : sums) total += static_cast<double>(sum);
  return total;
}

template <bool kDecayInGradient>
void update(const AdamWFactors& f, const AdamWRange& range) {
  const Vector gradient_scale = constant(f.gradient_scale), kept = constant(f.kept);
  const Vector share1 = constant(f.share1), beta2 = constant(f.beta2), share2 = constant(f.share2);
  const Vector root_scale = constant(f.root_scale), eps = constant(f.eps), rate = constant(f.rate);
  for_vectors(static_cast<std::size_t>(range.count),
              [&](std::size_t i, auto get, auto put) HWY_ATTR {
                Vector gradient = hn::Mul(get(range.gradients + i), gradient_scale);
                if constexpr (kDecayInGradient) {
                  gradient = hn::MulAdd(constant(f.decay), get(range.values + i), gradient);
                }
                const Vector before = get(range.exp_avg + i);
                const Vector first = hn::MulAdd(share1, hn::Sub(gradient, before), before);
                const Vector second = hn::MulAdd(hn::Mul(share2, gradient), gradient,
                                                 hn::Mul(beta2, get(range.exp_avg_sq + i)));
                const Vector root = hn::MulAdd(hn::Sqrt(second), root_scale, eps);
                const Vector move = hn::Div(hn::Mul(rate, first), root);
                put(hn::Sub(hn::Mul(kept, get(range.values + i)), move), range.values + i);
                put(first, range.exp_avg + i);
                put(second, range.exp_avg_sq + i);
                put(constant(0.0F), range.gradients + i);
              });
}

AdamWKernels adamw() {
  return {.sum_of_squares = sum_of_squares, .adamw = update<false>, .adam = update<true>};
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(adamw);

AdamWKernels adamw_kernels() {
  return HWY_DYNAMIC_DISPATCH(adamw)();
}

}  // namespace dbot::ops
#endif
