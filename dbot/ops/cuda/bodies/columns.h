#pragma once

#include "dbot/ops/cuda/bodies/block.h"
#include "dbot/ops/cuda/bodies/launch.h"

// Sums over the rows of a matrix. Block p of P sums rows p, p + P, p + 2P … and leaves a row of
// partial sums; then a second kernel adds the partial sums, P / 32 one after the other in each of
// 32 warps, and those as a tree.
namespace dbot::ops::cuda {

/// Columns that a block of a walk has: four a thread.
inline constexpr int kColumnThreads = 128;
inline constexpr std::int64_t kColumnTile = std::int64_t{4} * kColumnThreads;

/// A walk of blocks (partial, tile of columns) over rows.
struct ColumnWalk {
  std::int64_t rows, width, partials;
  float* workspace;  // [partials, width]; null: nothing is summed
  bool aligned;

  std::int64_t blocks() const { return partials * parts_of(width, kColumnTile); }
  int threads() const { return threads_for(parts_of(width, 4), kColumnThreads); }

  /// Sums visit(row, first), a Quad of what stands in columns first … first + 3.
  template <typename Block, typename Visit>
  DBOT_DEVICE void walk(Block& block, const Visit& visit) const {
    const std::int64_t partial = block.index() % partials;
    const std::int64_t begin = block.index() / partials * kColumnTile;
    block.each([&](int thread) {
      const std::int64_t first = begin + std::int64_t{4} * thread;
      if (first >= width) return;
      Quad sums{};
      for (std::int64_t row = partial; row < rows; row += partials) {
        const Quad quad = visit(row, first);
        for (int i = 0; i < 4; ++i) sums.at[i] += quad.at[i];
      }
      if (workspace != nullptr) {
        store_quad(sums, workspace + partial * width, first, width, aligned);
      }
    });
  }
};

inline ColumnWalk column_walk(std::int64_t rows, std::int64_t width, float* workspace,
                              std::initializer_list<const void*> matrices) {
  return {rows, width, column_partials(rows), workspace,
          aligned_rows(width, matrices) && aligned_values({workspace})};
}

inline constexpr int kMostSums = 4;

/// Adds the partial sums to their targets.
struct ColumnFold {
  static constexpr int kThreads = 1024;
  static constexpr int kShared = kThreads * sizeof(float);
  static constexpr std::int64_t kTile = kWarp;

  const float* workspace;  // [partials, sums, width]
  std::int64_t partials, width;
  int sums;
  float* targets[kMostSums];  // [width] each; null: not wanted

  std::int64_t tiles() const { return parts_of(width, kTile); }

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    constexpr int kRows = kThreads / kWarp;
    const std::int64_t of_each = (width + kTile - 1) / kTile;
    const std::int64_t set = block.index() / of_each;
    const std::int64_t begin = block.index() % of_each * kTile;
    float* target = targets[set];
    if (target == nullptr) return;
    auto parts = block.template shared<float>();
    block.each([&](int thread) {
      const std::int64_t column = begin + thread % kWarp;
      float total = 0;
      if (column < width) {
        for (std::int64_t p = thread / kWarp; p < partials; p += kRows) {
          total += workspace[(p * sums + set) * width + column];
        }
      }
      parts.put(thread, thread, total);
    });
    for (int half = kRows / 2; half > 0; half /= 2) {
      block.barrier();
      block.each([&](int thread) {
        if (thread / kWarp >= half) return;
        parts.put(thread, thread,
                  parts.get(thread, thread) + parts.get(thread, thread + half * kWarp));
      });
    }
    block.each([&](int thread) {
      const std::int64_t column = begin + thread;
      if (thread < kWarp && column < width) target[column] += parts.get(thread, thread);
    });
  }
};

/// Adds a walk's sums to one target.
template <typename Grid>
int fold_columns(Grid& grid, const float* workspace, std::int64_t partials, std::int64_t width,
                 float* target) {
  const ColumnFold fold{workspace, partials, width, 1, {target}};
  return grid.run(fold.tiles(), ColumnFold::kThreads, fold);
}

template <typename Element>
struct ColumnSumsBody {
  static constexpr int kThreads = kColumnThreads;
  static constexpr int kShared = 0;

  ColumnWalk columns;
  const Element* x;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    columns.walk(block, [&](std::int64_t row, std::int64_t first) {
      return load_quad(x + row * columns.width, first, columns.width, columns.aligned);
    });
  }
};

template <typename Grid>
int launch(Grid& grid, const ColumnSums& a) {
  if (!is_shape(a.rows, a.width) || !all_given({a.x, a.workspace, a.column_sums})) return kRefused;
  const ColumnWalk walk = column_walk(a.rows, a.width, a.workspace, {a.x});
  const int walked = with_element(a.element, [&](auto element) {
    using Element = decltype(element);
    return grid.run(walk.blocks(), walk.threads(),
                    ColumnSumsBody<Element>{walk, static_cast<const Element*>(a.x)});
  });
  return then(walked, [&] {
    return fold_columns(grid, a.workspace, walk.partials, a.width, a.column_sums);
  });
}

}  // namespace dbot::ops::cuda
