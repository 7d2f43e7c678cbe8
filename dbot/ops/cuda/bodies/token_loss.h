#pragma once

#include "dbot/ops/cuda/bodies/row.h"

// Target, loss and gradient in one pass: one block a row.
namespace dbot::ops::cuda {

using LossSums = Numbers<float, 3>;

/// What the loss of a difference is, and its slope there.
struct LossPoint {
  float loss, slope;
};

DBOT_DEVICE inline LossPoint loss_at(LossKind kind, float beta, float difference) {
  if (kind == LossKind::mse) return {difference * difference, 2 * difference};
  const float distance = std::fabs(difference);
  const float sign = difference == 0 ? 0 : std::copysign(1.0F, difference);
  if (kind == LossKind::l1) return {distance, distance * 0 + sign};  // NaN stays NaN
  if (distance < beta) return {0.5F * difference * difference / beta, difference / beta};
  return {distance - 0.5F * beta, distance * 0 + sign};
}

template <typename Predicted, typename Aim>
struct TokenLossBody {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kShared = kMostWarps * sizeof(LossSums);
  static constexpr float kVarianceEps = 1e-6F;

  TokenLoss a;
  float even_weight;  // of a row where none are given
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    const std::int64_t row = block.index();
    const float weight = a.weights == nullptr ? even_weight : a.weights[row];
    if (weight == 0) {
      block.each([&](int thread) {
        const RowPlace here = place(block, thread);
        if (a.gradient != nullptr) here.store(RowShare{}, static_cast<Predicted*>(a.gradient));
        if (thread == 0) a.row_losses[row] = 0;
      });
      return;
    }
    auto aims = block.template own<RowShare>();
    block.each([&](int thread) {
      aims[thread] = place(block, thread).load(static_cast<const Aim*>(a.target));
    });
    if (a.standardise) standardise(block, aims);
    const float loss =
        a.kind == LossKind::cosine ? cosine(block, aims, weight) : elementwise(block, aims, weight);
    block.each([&](int thread) {
      if (thread == 0) a.row_losses[row] = weight * loss;
    });
  }

 private:
  template <typename Block>
  DBOT_DEVICE RowPlace place(const Block& block, int thread) const {
    return {block.index(), a.width, thread, block.threads(), aligned};
  }

  /// Two passes over the row. The first sums distances from the first value, so that a constant row
  /// has exactly its value as the mean.
  template <typename Block, typename Shares>
  DBOT_DEVICE void standardise(Block& block, Shares& aims) const {
    const auto width = static_cast<float>(a.width);
    const float start = to_float(static_cast<const Aim*>(a.target)[block.index() * a.width]);
    auto parts = block.template own<LossSums>();
    block.each([&](int thread) {
      LossSums part{};
      place(block, thread).inside([&](int k, int i) {
        part.at[0] += aims[thread].quads[k].at[i] - start;
      });
      parts[thread] = part;
    });
    const float mean = start + sum<LossSums>(block, parts).at[0] / width;
    block.each([&](int thread) {
      LossSums part{};
      place(block, thread).inside([&](int k, int i) {
        const float centred = aims[thread].quads[k].at[i] - mean;
        part.at[0] = std::fma(centred, centred, part.at[0]);
      });
      parts[thread] = part;
    });
    const float variance = sum<LossSums>(block, parts).at[0] / (width - 1);
    const float inverse = 1.0F / std::sqrt(variance + kVarianceEps);
    block.each([&](int thread) {
      place(block, thread).inside([&](int k, int i) {
        float& value = aims[thread].quads[k].at[i];
        value = (value - mean) * inverse;
      });
    });
  }

  template <typename Block, typename Shares>
  DBOT_DEVICE float elementwise(Block& block, const Shares& aims, float weight) const {
    const auto width = static_cast<float>(a.width), beta = static_cast<float>(a.beta);
    const float share = weight / width;
    auto parts = block.template own<LossSums>();
    block.each([&](int thread) {
      const RowPlace here = place(block, thread);
      RowShare values = here.load(static_cast<const Predicted*>(a.prediction));
      LossSums part{};
      here.inside([&](int k, int i) {
        float& value = values.quads[k].at[i];
        const LossPoint point = loss_at(a.kind, beta, value - aims[thread].quads[k].at[i]);
        part.at[0] += point.loss;
        value = point.slope * share;
      });
      if (a.gradient != nullptr) here.store(values, static_cast<Predicted*>(a.gradient));
      parts[thread] = part;
    });
    return sum<LossSums>(block, parts).at[0] / width;
  }

  /// 1 − p·t/(max(|p|, eps) · max(|t|, eps)). A clamped norm is constant.
  template <typename Block, typename Shares>
  DBOT_DEVICE float cosine(Block& block, const Shares& aims, float weight) const {
    auto predictions = block.template own<RowShare>();
    auto parts = block.template own<LossSums>();
    block.each([&](int thread) {
      predictions[thread] = place(block, thread).load(static_cast<const Predicted*>(a.prediction));
      LossSums part{};
      RowPlace::all([&](int k, int i) {
        const float p = predictions[thread].quads[k].at[i], t = aims[thread].quads[k].at[i];
        part.at[0] = std::fma(p, t, part.at[0]);
        part.at[1] = std::fma(p, p, part.at[1]);
        part.at[2] = std::fma(t, t, part.at[2]);
      });
      parts[thread] = part;
    });
    const LossSums total = sum<LossSums>(block, parts);
    const auto eps = static_cast<float>(a.cosine_eps);
    const float norm = std::sqrt(total.at[1]), target_norm = std::sqrt(total.at[2]);
    // Comparisons that let NaN through.
    const float inverse = 1.0F / (norm < eps ? eps : norm);
    const float target_inverse = 1.0F / (target_norm < eps ? eps : target_norm);
    const float cosine = total.at[0] * inverse * target_inverse;
    if (a.gradient != nullptr) {
      const float along_t = -weight * inverse * target_inverse;
      const float along_p = norm < eps ? 0.0F : weight * cosine * inverse * inverse;
      block.each([&](int thread) {
        RowShare slope;
        RowPlace::all([&](int k, int i) {
          slope.quads[k].at[i] = std::fma(predictions[thread].quads[k].at[i], along_p,
                                          aims[thread].quads[k].at[i] * along_t);
        });
        place(block, thread).store(slope, static_cast<Predicted*>(a.gradient));
      });
    }
    return 1.0F - cosine;
  }
};

/// Adds the losses of rows in double precision, by one block.
struct RowLossSumBody {
  static constexpr int kThreads = 1024;
  using Sum = Numbers<double, 1>;
  static constexpr int kShared = kMostWarps * sizeof(Sum);

  const float* row_losses;
  std::int64_t rows;
  float* loss;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    auto parts = block.template own<Sum>();
    block.each([&](int thread) {
      double part = 0;
      for (std::int64_t row = thread; row < rows; row += block.threads()) part += row_losses[row];
      parts[thread] = {{part}};
    });
    const double total = sum<Sum>(block, parts).at[0];
    block.each([&](int thread) {
      if (thread == 0) *loss = static_cast<float>(total);
    });
  }
};

inline bool is_valid(const TokenLoss& a) {
  return is_shape(a.rows, a.width) && a.rows > 0 && a.width <= kMostWidth &&
         all_given({a.prediction, a.target, a.row_losses, a.loss}) &&
         (a.kind != LossKind::smooth_l1 || a.beta > 0) &&
         (a.kind != LossKind::cosine || a.cosine_eps > 0);
}

template <typename Grid>
int launch(Grid& grid, const TokenLoss& a) {
  if (!is_valid(a)) return kRefused;
  const bool aligned = aligned_rows(a.width, {a.prediction, a.target, a.gradient});
  const int threads = row_threads(a.width);
  const auto even = static_cast<float>(1.0 / static_cast<double>(a.rows));
  const int done = with_element(a.prediction_element, [&](auto predicted) {
    return with_element(a.target_element, [&](auto aim) {
      return grid.run(a.rows, threads,
                      TokenLossBody<decltype(predicted), decltype(aim)>{a, even, aligned});
    });
  });
  return then(done, [&] {
    return grid.run(1, RowLossSumBody::kThreads, RowLossSumBody{a.row_losses, a.rows, a.loss});
  });
}

}  // namespace dbot::ops::cuda
