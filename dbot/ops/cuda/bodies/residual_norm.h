#pragma once

#include "dbot/ops/cuda/bodies/columns.h"
#include "dbot/ops/cuda/bodies/row.h"

// Residual addition with LayerScale, LayerNorm and the cast to the type of the products: one block
// a row, which stays in its registers.
namespace dbot::ops::cuda {

using RowSum = Numbers<float, 1>;
using TwoRowSums = Numbers<float, 2>;

/// The factor of a row's branch.
DBOT_DEVICE inline float branch_factor(const float* branch_scale, std::int64_t row,
                                       std::int64_t tokens) {
  return branch_scale == nullptr ? 1.0F : branch_scale[row / tokens];
}

template <typename Element>
struct ResidualNormBody {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kShared = kMostWarps * sizeof(RowSum);

  ResidualNorm a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    auto total = block.template own<RowShare>();
    block.each([&](int thread) { total[thread] = added(place(block, thread)); });
    if (a.weight == nullptr) return;

    const auto width = static_cast<float>(a.width);
    auto parts = block.template own<RowSum>();
    block.each([&](int thread) {
      float part = 0;
      RowPlace::all([&](int k, int i) { part += total[thread].quads[k].at[i]; });
      parts[thread] = {{part}};
    });
    const float mean = sum<RowSum>(block, parts).at[0] / width;
    block.each([&](int thread) {
      float part = 0;
      place(block, thread).inside([&](int k, int i) {
        const float centred = total[thread].quads[k].at[i] - mean;
        part = std::fma(centred, centred, part);
      });
      parts[thread] = {{part}};
    });
    const float variance = sum<RowSum>(block, parts).at[0] / width;
    const float inverse = 1.0F / std::sqrt(variance + static_cast<float>(a.eps));

    block.each([&](int thread) {
      write_normed(place(block, thread), total[thread], mean, inverse);
      if (thread == 0 && a.mean != nullptr) {
        a.mean[block.index()] = mean;
        a.inverse[block.index()] = inverse;
      }
    });
  }

 private:
  template <typename Block>
  DBOT_DEVICE RowPlace place(const Block& block, int thread) const {
    return {block.index(), a.width, thread, block.threads(), aligned};
  }

  DBOT_DEVICE RowShare added(const RowPlace& place) const {
    RowShare total = place.load(a.x);
    if (a.branch == nullptr) return total;
    const float factor = branch_factor(a.branch_scale, place.row, a.tokens);
    if (factor != 0) {
      const RowShare branch = place.load(static_cast<const Element*>(a.branch));
      RowShare gain;
      RowPlace::all([&](int k, int i) { gain.quads[k].at[i] = factor; });
      if (a.layer_scale != nullptr) {
        gain = place.load_vector(a.layer_scale);
        RowPlace::all([&](int k, int i) { gain.quads[k].at[i] *= factor; });
      }
      RowPlace::all([&](int k, int i) {
        float& value = total.quads[k].at[i];
        value = std::fma(gain.quads[k].at[i], branch.quads[k].at[i], value);
      });
    }
    place.store(total, a.total);
    return total;
  }

  DBOT_DEVICE void write_normed(const RowPlace& place, RowShare share, float mean,
                                float inverse) const {
    const RowShare weight = place.load_vector(a.weight), bias = place.load_vector(a.bias);
    RowPlace::all([&](int k, int i) {
      float& value = share.quads[k].at[i];
      value = std::fma((value - mean) * inverse, weight.quads[k].at[i], bias.quads[k].at[i]);
    });
    place.store(share, static_cast<Element*>(a.normed));
  }
};

template <typename Grid>
int launch(Grid& grid, const ResidualNorm& a) {
  const bool norms = a.weight != nullptr, adds = a.branch != nullptr;
  if (!is_shape(a.rows, a.width) || a.width > kMostWidth || a.x == nullptr || !(norms || adds) ||
      (norms && !all_given({a.bias, a.normed})) || (adds && a.total == nullptr) ||
      (a.mean == nullptr) != (a.inverse == nullptr) ||
      (a.branch_scale != nullptr && (a.tokens < 1 || a.rows % a.tokens != 0))) {
    return kRefused;
  }
  const bool aligned =
      aligned_rows(a.width, {a.x, a.branch, a.layer_scale, a.weight, a.bias, a.total, a.normed});
  const int threads = row_threads(a.width);
  return with_element(a.element, [&](auto element) {
    return grid.run(a.rows, threads, ResidualNormBody<decltype(element)>{a, aligned});
  });
}

static_assert(kMostWidth == kWidestRow);

}  // namespace dbot::ops::cuda
