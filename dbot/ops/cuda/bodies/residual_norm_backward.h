#pragma once

#include "dbot/ops/cuda/bodies/residual_norm.h"

// The backward pass of residual_norm.h: a block has rows of its own, one after the other, and keeps
// their sums for the gradients of weights in its registers.
namespace dbot::ops::cuda {

template <typename Element>
struct ResidualNormBackwardBody {
  static constexpr int kThreads = kRowThreads;
  static constexpr int kShared = kMostWarps * sizeof(TwoRowSums);

  ResidualNormBackward a;
  bool aligned;

  /// A thread's share of the sums over rows, in the order of the targets.
  struct Sums {
    RowShare weight, bias, branch, layer_scale;
  };

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    auto sums = block.template own<Sums>();
    block.each([&](int thread) { sums[thread] = Sums{}; });
    for (std::int64_t row = block.index(); row < a.rows; row += block.count()) {
      auto gradient = block.template own<RowShare>();
      if (a.normed_gradient != nullptr) {
        through_norm(block, row, gradient, sums);
      } else {
        block.each([&](int thread) { gradient[thread] = RowShare{}; });
      }
      block.each([&](int thread) {
        finish_row(place(block, row, thread), gradient[thread], sums[thread]);
      });
    }
    block.each([&](int thread) {
      // The workspace is [blocks, 4, width].
      const std::int64_t first = block.index() * kMostSums;
      const auto put = [&](const RowShare& share, int which, const float* target) {
        if (target != nullptr) place(block, first + which, thread).store(share, a.workspace);
      };
      put(sums[thread].weight, 0, a.weight_gradient);
      put(sums[thread].bias, 1, a.bias_gradient);
      put(sums[thread].branch, 2, a.branch_sum);
      put(sums[thread].layer_scale, 3, a.layer_scale_gradient);
    });
  }

 private:
  template <typename Block>
  DBOT_DEVICE RowPlace place(const Block& block, std::int64_t row, int thread) const {
    return {row, a.width, thread, block.threads(), aligned};
  }

  /// gradient = (g − mean(g) − x̂ · mean(g · x̂)) / sqrt(variance + eps) with g = weight · outer and
  /// x̂ = (x − mean) / sqrt(variance + eps).
  template <typename Block, typename Shares, typename OwnSums>
  DBOT_DEVICE void through_norm(Block& block, std::int64_t row, Shares& gradient,
                                OwnSums& sums) const {
    const float mean = a.mean[row], inverse = a.inverse[row];
    auto normal = block.template own<RowShare>();
    auto parts = block.template own<TwoRowSums>();
    block.each([&](int thread) {
      const RowPlace here = place(block, row, thread);
      const RowShare outer = here.load(static_cast<const Element*>(a.normed_gradient));
      const RowShare total = here.load(a.total), weight = here.load_vector(a.weight);
      TwoRowSums part{};
      RowPlace::all([&](int k, int i) {
        const float slope = outer.quads[k].at[i];
        const float x = (total.quads[k].at[i] - mean) * inverse;
        const float g = slope * weight.quads[k].at[i];
        normal[thread].quads[k].at[i] = x;
        gradient[thread].quads[k].at[i] = g;
        part.at[0] += g;
        part.at[1] = std::fma(g, x, part.at[1]);
        float& of_weight = sums[thread].weight.quads[k].at[i];
        of_weight = std::fma(slope, x, of_weight);
        sums[thread].bias.quads[k].at[i] += slope;
      });
      parts[thread] = part;
    });
    const TwoRowSums total = sum<TwoRowSums>(block, parts);
    const auto width = static_cast<float>(a.width);
    const float mean_g = total.at[0] / width, mean_gx = total.at[1] / width;
    block.each([&](int thread) {
      RowPlace::all([&](int k, int i) {
        float& value = gradient[thread].quads[k].at[i];
        value = (value - mean_g - normal[thread].quads[k].at[i] * mean_gx) * inverse;
      });
    });
  }

  /// Adds what comes to the total otherwise, and hands on to the branch.
  DBOT_DEVICE void finish_row(const RowPlace& here, RowShare gradient, Sums& sums) const {
    if (a.outer != nullptr) {
      const RowShare outer = here.load(a.outer);
      RowPlace::all([&](int k, int i) { gradient.quads[k].at[i] += outer.quads[k].at[i]; });
    }
    here.store(gradient, a.total_gradient);
    if (a.branch_gradient == nullptr) return;
    const float factor = branch_factor(a.branch_scale, here.row, a.tokens);
    if (factor == 0) {  // a clean 0, whatever the gradient is
      here.store(RowShare{}, static_cast<Element*>(a.branch_gradient));
      return;
    }
    RowPlace::all([&](int k, int i) { gradient.quads[k].at[i] *= factor; });
    if (a.layer_scale_gradient != nullptr) {
      const RowShare branch = here.load(static_cast<const Element*>(a.branch));
      RowPlace::all([&](int k, int i) {
        float& value = sums.layer_scale.quads[k].at[i];
        value = std::fma(gradient.quads[k].at[i], branch.quads[k].at[i], value);
      });
    }
    if (a.layer_scale != nullptr) {
      const RowShare scale = here.load_vector(a.layer_scale);
      RowPlace::all([&](int k, int i) { gradient.quads[k].at[i] *= scale.quads[k].at[i]; });
    }
    here.store(gradient, static_cast<Element*>(a.branch_gradient));
    RowPlace::all([&](int k, int i) {
      sums.branch.quads[k].at[i] += rounded<Element>(gradient.quads[k].at[i]);
    });
  }
};

inline bool is_valid(const ResidualNormBackward& a) {
  const bool norms = a.normed_gradient != nullptr;
  return is_shape(a.rows, a.width) && a.width <= kMostWidth &&
         all_given({a.total_gradient, a.workspace}) && (norms || a.outer != nullptr) &&
         (!norms || all_given({a.total, a.mean, a.inverse, a.weight})) &&
         (norms || (a.weight_gradient == nullptr && a.bias_gradient == nullptr)) &&
         (a.branch_gradient != nullptr ||
          (a.branch_sum == nullptr && a.layer_scale_gradient == nullptr)) &&
         (a.layer_scale_gradient == nullptr || a.branch != nullptr) &&
         (a.branch_scale == nullptr || (a.tokens > 0 && a.rows % a.tokens == 0));
}

template <typename Grid>
int launch(Grid& grid, const ResidualNormBackward& a) {
  if (!is_valid(a)) return kRefused;
  const bool aligned =
      aligned_rows(a.width, {a.normed_gradient, a.total, a.weight, a.outer, a.branch, a.layer_scale,
                             a.total_gradient, a.branch_gradient, a.workspace});
  const int threads = row_threads(a.width);
  const std::int64_t partials = column_partials(a.rows);
  const int walked = with_element(a.element, [&](auto element) {
    return grid.run(partials, threads, ResidualNormBackwardBody<decltype(element)>{a, aligned});
  });
  return then(walked, [&] {
    const ColumnFold fold{
        a.workspace,
        partials,
        a.width,
        kMostSums,
        {a.weight_gradient, a.bias_gradient, a.branch_sum, a.layer_scale_gradient}};
    return grid.run(kMostSums * fold.tiles(), ColumnFold::kThreads, fold);
  });
}

}  // namespace dbot::ops::cuda
