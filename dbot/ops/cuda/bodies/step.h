#pragma once

#include "dbot/ops/cuda/bodies/flat.h"

// The optimizer's step without a word to the host: sums of squares in fixed places, what follows
// from the numbers of a step, and the update.
namespace dbot::ops::cuda {

using DoubleSum = Numbers<double, 1>;

struct SquaresBody {
  static constexpr int kThreads = kFlatThreads;
  static constexpr int kShared = kMostWarps * sizeof(DoubleSum);

  Squares a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    constexpr std::int64_t kStride = std::int64_t{4} * kThreads;
    const std::int64_t begin = block.index() * kNormChunk;
    auto parts = block.template own<DoubleSum>();
    block.each([&](int thread) {
      double part = 0;
      for (std::int64_t i = std::int64_t{4} * thread; i < kNormChunk; i += kStride) {
        const Quad quad = load_quad(a.values, begin + i, a.count, aligned);
        part += static_cast<double>(std::fma(quad.at[0], quad.at[0], quad.at[1] * quad.at[1])) +
                static_cast<double>(std::fma(quad.at[2], quad.at[2], quad.at[3] * quad.at[3]));
      }
      parts[thread] = {{part}};
    });
    const double total = sum<DoubleSum>(block, parts).at[0];
    block.each([&](int thread) {
      if (thread == 0) a.sums[block.index()] = total;
    });
  }
};

/// By one thread.
struct PrepareUpdateBody {
  static constexpr int kThreads = 32;
  static constexpr int kShared = 0;

  PrepareUpdate a;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      if (thread == 0) *a.factors = factors();
    });
  }

 private:
  DBOT_DEVICE StepFactors factors() const {
    const auto count = static_cast<double>(*a.count);
    StepFactors factors;
    factors.skipped = *a.skipped;
    factors.clip_scale = a.divisor == nullptr ? 1.0F : 1.0F / *a.divisor;
    factors.rate = *a.rate;
    factors.corrected_rate =
        static_cast<float>(static_cast<double>(*a.rate) / (1 - std::pow(a.beta1, count)));
    factors.root_scale = static_cast<float>(1 / std::sqrt(1 - std::pow(a.beta2, count)));
    return factors;
  }
};

/// What an update computes with, rounded once from double precision.
struct AdamWConstants {
  float share1, beta2, share2, eps;
  float decay;  // of values per unit of rate (AdamW), or in the gradient (Adam)
};

struct AdamWUpdateBody {
  static constexpr int kThreads = kFlatThreads;
  static constexpr int kShared = 0;

  AdamWUpdate a;
  AdamWConstants constants;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    const StepFactors step = *a.factors;
    if (step.skipped != 0) {
      each_quad(block, a.count, [&](std::int64_t first) {
        store_quad(Quad{}, a.gradients, first, a.count, aligned);
      });
      return;
    }
    each_quad(block, a.count, [&](std::int64_t first) { update(step, first); });
  }

 private:
  DBOT_DEVICE void update(const StepFactors& step, std::int64_t first) const {
    Quad values = load_quad(a.values, first, a.count, aligned);
    const Quad gradients = load_quad(a.gradients, first, a.count, aligned);
    Quad firsts = load_quad(a.exp_avg, first, a.count, aligned);
    Quad seconds = load_quad(a.exp_avg_sq, first, a.count, aligned);
    for (int i = 0; i < 4; ++i) {
      update_one(step, values.at[i], gradients.at[i], firsts.at[i], seconds.at[i]);
    }
    store_quad(values, a.values, first, a.count, aligned);
    store_quad(Quad{}, a.gradients, first, a.count, aligned);
    store_quad(firsts, a.exp_avg, first, a.count, aligned);
    store_quad(seconds, a.exp_avg_sq, first, a.count, aligned);
    if (a.low != nullptr) {
      store_quad(values, static_cast<BFloat16*>(a.low), first, a.count, aligned);
    }
  }

  DBOT_DEVICE void update_one(const StepFactors& step, float& value, float gradient, float& first,
                              float& second) const {
    const AdamWConstants& c = constants;
    gradient *= step.clip_scale;
    float kept = value;
    if (a.decay_in_gradient) {
      gradient = std::fma(c.decay, value, gradient);
    } else {
      kept = value * std::fma(-step.rate, c.decay, 1.0F);
    }
    first = std::fma(c.share1, gradient - first, first);
    second = std::fma(c.share2 * gradient, gradient, c.beta2 * second);
    const float root = std::fma(std::sqrt(second), step.root_scale, c.eps);
    value = kept - step.corrected_rate * first / root;
  }
};

template <typename Grid>
int launch(Grid& grid, const Squares& a) {
  if (a.count < 0 || !all_given({a.values, a.sums})) return kRefused;
  return grid.run(norm_chunks(a.count), SquaresBody::kThreads,
                  SquaresBody{a, aligned_values({a.values})});
}

template <typename Grid>
int launch(Grid& grid, const PrepareUpdate& a) {
  if (!all_given({a.rate, a.skipped, a.count, a.factors})) return kRefused;
  return grid.run(1, PrepareUpdateBody::kThreads, PrepareUpdateBody{a});
}

template <typename Grid>
int launch(Grid& grid, const AdamWUpdate& a) {
  if (a.count < 0 || !all_given({a.values, a.gradients, a.exp_avg, a.exp_avg_sq, a.factors})) {
    return kRefused;
  }
  const AdamWConstants constants{static_cast<float>(1 - a.beta1), static_cast<float>(a.beta2),
                                 static_cast<float>(1 - a.beta2), static_cast<float>(a.eps),
                                 static_cast<float>(a.weight_decay)};
  const bool aligned = aligned_values({a.values, a.gradients, a.exp_avg, a.exp_avg_sq, a.low});
  return grid.run(flat_blocks(a.count), kFlatThreads, AdamWUpdateBody{a, constants, aligned});
}

}  // namespace dbot::ops::cuda
