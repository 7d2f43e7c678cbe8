#include "dbot/ops/cpu/kernels/token_loss_kernel.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/token_loss_kernel.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

constexpr float kVarianceEps = 1e-6F;

/// A row's values, of which the last vector may have too many: those are made 0.
HWY_INLINE Vector within(std::size_t left, Vector values) {
  const Floats floats;
  return left >= hn::Lanes(floats) ? values : hn::IfThenElseZero(hn::FirstN(floats, left), values);
}

/// What a target's values become: (t − centre) · scale.
struct Scaling {
  float centre = 0, scale = 1;
};

/// Two passes over a row that is in the first cache. The sum is of distances from the first value,
/// so that a constant row has exactly its value as the mean.
HWY_INLINE Scaling standard_scaling(const float* row, std::size_t width) {
  const Vector first = constant(row[0]);
  Vector distance = constant(0.0F);
  for_vectors(width, [&](std::size_t i, auto get, auto) HWY_ATTR {
    distance = hn::Add(distance, within(width - i, hn::Sub(get(row + i), first)));
  });
  const float mean = row[0] + sum(distance) / static_cast<float>(width);
  Vector squares = constant(0.0F);
  for_vectors(width, [&](std::size_t i, auto get, auto) HWY_ATTR {
    const Vector centred = within(width - i, hn::Sub(get(row + i), constant(mean)));
    squares = hn::MulAdd(centred, centred, squares);
  });
  const float variance = sum(squares) / (static_cast<float>(width) - 1.0F);
  return {mean, 1.0F / std::sqrt(variance + kVarianceEps)};
}

HWY_INLINE Vector scaled(Vector values, Scaling scaling) {
  return hn::Mul(hn::Sub(values, constant(scaling.centre)), constant(scaling.scale));
}

struct Point {
  Vector loss, slope;
};

HWY_INLINE Point absolute(Vector difference) {
  const Vector sign = hn::CopySign(constant(1.0F), difference);
  const auto zero = hn::Eq(difference, constant(0.0F));
  return {hn::Abs(difference), hn::IfThenElse(zero, difference, sign)};
}

/// Sums loss(difference) over a row and writes its slope times `share`.
template <typename Loss>
HWY_INLINE float elementwise_row(const float* prediction, const float* target, Scaling scaling,
                                 std::size_t width, float share, float* gradient, Loss loss) {
  Vector total = constant(0.0F);
  for_vectors(width, [&](std::size_t i, auto get, auto put) HWY_ATTR {
    const Vector aim = scaled(get(target + i), scaling);
    const Point point = loss(within(width - i, hn::Sub(get(prediction + i), aim)));
    total = hn::Add(total, point.loss);
    if (gradient != nullptr) put(hn::Mul(point.slope, constant(share)), gradient + i);
  });
  return sum(total) / static_cast<float>(width);
}

/// 1 − p·t/(max(|p|, eps)·max(|t|, eps)), and its gradient times `share`.
HWY_INLINE float cosine_row(const float* prediction, const float* target, Scaling scaling,
                            std::size_t width, float share, float eps, float* gradient) {
  Vector pt = constant(0.0F), pp = pt, tt = pt;
  for_vectors(width, [&](std::size_t i, auto get, auto) HWY_ATTR {
    const Vector p = get(prediction + i);
    const Vector t = within(width - i, scaled(get(target + i), scaling));
    pt = hn::MulAdd(p, t, pt);
    pp = hn::MulAdd(p, p, pp);
    tt = hn::MulAdd(t, t, tt);
  });
  const float norm = std::sqrt(sum(pp));
  const float inverse = 1.0F / std::max(norm, eps);
  const float target_inverse = 1.0F / std::max(std::sqrt(sum(tt)), eps);
  const float cosine = sum(pt) * inverse * target_inverse;
  if (gradient != nullptr) {
    // A clamped norm is constant.
    const Vector along_t = constant(-share * inverse * target_inverse);
    const Vector along_p = constant(norm < eps ? 0.0F : share * cosine * inverse * inverse);
    for_vectors(width, [&](std::size_t i, auto get, auto put) HWY_ATTR {
      const Vector t = scaled(get(target + i), scaling);
      put(hn::MulAdd(get(prediction + i), along_p, hn::Mul(t, along_t)), gradient + i);
    });
  }
  return 1.0F - cosine;
}

void token_losses(const LossRows& rows, const float* predictions, const float* targets,
                  float* gradients, float* losses) {
  const auto width = static_cast<std::size_t>(rows.width);
  const auto beta = static_cast<float>(rows.config.beta);
  const auto share_of_row = static_cast<float>(1.0 / static_cast<double>(rows.rows));
  const auto share = static_cast<float>(1.0 / static_cast<double>(rows.rows * rows.width));
  const auto square = [](Vector d) HWY_ATTR { return Point{hn::Mul(d, d), hn::Add(d, d)}; };
  const auto smooth = [beta](Vector d) HWY_ATTR {
    const Point far = absolute(d);
    const Vector slope = hn::Mul(d, constant(1.0F / beta));
    const auto near = hn::Lt(far.loss, constant(beta));
    return Point{hn::IfThenElse(near, hn::Mul(hn::Mul(slope, d), constant(0.5F)),
                                hn::Sub(far.loss, constant(0.5F * beta))),
                 hn::IfThenElse(near, slope, far.slope)};
  };
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* prediction = predictions + row * rows.width;
    const float* target = targets + row * rows.width;
    float* gradient = gradients == nullptr ? nullptr : gradients + row * rows.width;
    const Scaling scaling = rows.standardise ? standard_scaling(target, width) : Scaling{};
    const auto each = [&](auto loss) HWY_ATTR {
      return elementwise_row(prediction, target, scaling, width, share, gradient, loss);
    };
    switch (rows.config.kind) {
      case LossKind::mse:
      case LossKind::l2:
        losses[row] = each(square);
        break;
      case LossKind::smooth_l1:
        losses[row] = each(smooth);
        break;
      case LossKind::l1:
        losses[row] = each([](Vector d) HWY_ATTR { return absolute(d); });
        break;
      case LossKind::cosine:
        losses[row] = cosine_row(prediction, target, scaling, width, share_of_row,
                                 static_cast<float>(rows.config.cosine_eps), gradient);
        break;
    }
  }
}

TokenLossKernel loss_kernel() {
  return token_losses;
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(loss_kernel);

TokenLossKernel token_loss_kernel() {
  return HWY_DYNAMIC_DISPATCH(loss_kernel)();
}

}  // namespace dbot::ops
#endif
