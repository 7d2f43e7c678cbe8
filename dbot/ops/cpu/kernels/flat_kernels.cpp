#include "dbot/ops/cpu/kernels/flat_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/flat_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

constexpr std::size_t kSquareSums = 64;

enum class Momentum { none, plain, nesterov };

template <Momentum kMomentum>
void update_by(const MomentumFactors& f, const MomentumRange& range) {
  const Vector gradient_scale = constant(f.gradient_scale), decay = constant(f.decay);
  const Vector momentum = constant(f.momentum), rate = constant(f.rate);
  for_vectors(static_cast<std::size_t>(range.count), [&](std::size_t i, auto get,
                                                         auto put) HWY_ATTR {
    const Vector value = get(range.values + i);
    Vector direction = hn::MulAdd(decay, value, hn::Mul(get(range.gradients + i), gradient_scale));
    if constexpr (kMomentum != Momentum::none) {
      const Vector kept = hn::MulAdd(momentum, get(range.momentum + i), direction);
      put(kept, range.momentum + i);
      direction = kMomentum == Momentum::nesterov ? hn::MulAdd(momentum, kept, direction) : kept;
    }
    put(hn::NegMulAdd(rate, direction, value), range.values + i);
    put(constant(0.0F), range.gradients + i);
  });
}

void update(const MomentumFactors& factors, const MomentumRange& range) {
  if (range.momentum == nullptr) return update_by<Momentum::none>(factors, range);
  if (factors.nesterov) return update_by<Momentum::nesterov>(factors, range);
  return update_by<Momentum::plain>(factors, range);
}

double total_of(const float* sums) {
  double total = 0;
  for (std::size_t s = 0; s < kSquareSums; ++s) total += static_cast<double>(sums[s]);
  return total;
}

LayerSquares squares(const MomentumFactors& f, const MomentumRange& range) {
  const auto size = static_cast<std::size_t>(range.count);
  const std::size_t lanes = hn::Lanes(Floats());
  const Vector gradient_scale = constant(f.gradient_scale), decay = constant(f.decay);
  HWY_ALIGN float of_values[kSquareSums] = {}, of_direction[kSquareSums] = {};
  const auto add = [&](Vector value, Vector gradient, std::size_t s) HWY_ATTR {
    const Vector direction = hn::MulAdd(decay, value, hn::Mul(gradient, gradient_scale));
    store(hn::MulAdd(value, value, load(of_values + s)), of_values + s);
    store(hn::MulAdd(direction, direction, load(of_direction + s)), of_direction + s);
  };
  std::size_t i = 0;
  for (; i + kSquareSums <= size; i += kSquareSums) {
    for (std::size_t s = 0; s < kSquareSums; s += lanes) {
      add(load(range.values + i + s), load(range.gradients + i + s), s);
    }
  }
  for (std::size_t s = 0; i < size; i += lanes, s += lanes) {
    const std::size_t rest = size - i;
    if (rest >= lanes) {
      add(load(range.values + i), load(range.gradients + i), s);
    } else {
      add(load_part(range.values + i, rest), load_part(range.gradients + i, rest), s);
    }
  }
  return {total_of(of_values), total_of(of_direction)};
}

void move_towards(float* values, const float* towards, float share, std::int64_t count) {
  const Vector part = constant(share);
  for_vectors(static_cast<std::size_t>(count), [&](std::size_t i, auto get, auto put) HWY_ATTR {
    const Vector value = get(values + i);
    put(hn::MulAdd(part, hn::Sub(get(towards + i), value), value), values + i);
  });
}

FlatKernels flat() {
  return {.update = update, .squares = squares, .move_towards = move_towards};
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(flat);

FlatKernels flat_kernels() {
  return HWY_DYNAMIC_DISPATCH(flat)();
}

}  // namespace dbot::ops
#endif
