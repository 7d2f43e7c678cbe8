#pragma once

#include "dbot/ops/cuda/bodies/columns.h"

// The tokens that a stack of blocks begins with, and their gradients. A row of the plan is one
// token; what a block asks of the plan is the same for all its threads.
namespace dbot::ops::cuda {

template <typename Element>
struct TokensBody {
  static constexpr int kThreads = 256;
  static constexpr int kShared = 0;

  Tokens a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    const std::int64_t row = block.index(), source = a.sources[row];
    const std::int64_t position = a.positions == nullptr ? row % a.tokens : a.positions[row];
    const float* table = a.table + position * a.width;
    const Element* own =
        static_cast<const Element*>(a.own) + (row / a.tokens * a.count + source) * a.width;
    block.each([&](int thread) {
      for (std::int64_t first = std::int64_t{4} * thread; first < a.width;
           first += std::int64_t{4} * block.threads()) {
        Quad token = source < 0 ? load_quad(a.shared, first, a.width, aligned)
                                : load_quad(own, first, a.width, aligned);
        const Quad place = load_quad(table, first, a.width, aligned);
        for (int i = 0; i < 4; ++i) token.at[i] += place.at[i];
        store_quad(token, a.out + row * a.width, first, a.width, aligned);
      }
    });
  }
};

/// Hands each token's gradient to its row of the sample's own ones, or sums it for the shared
/// token.
template <typename Element>
struct TokensBackwardBody {
  static constexpr int kThreads = kColumnThreads;
  static constexpr int kShared = 0;

  TokensBackward a;
  ColumnWalk columns;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    columns.walk(block, [&](std::int64_t row, std::int64_t first) {
      const std::int64_t source = a.sources[row];
      const Quad quad = load_quad(a.outer + row * a.width, first, a.width, columns.aligned);
      if (source < 0) return quad;
      Element* own =
          static_cast<Element*>(a.own_gradient) + (row / a.tokens * a.count + source) * a.width;
      store_quad(quad, own, first, a.width, columns.aligned);
      return Quad{};
    });
  }
};

/// Sums what came to each row of the position table over every kTableParts-th sample.
struct TableGradientBody {
  static constexpr int kThreads = kColumnThreads;
  static constexpr int kShared = 0;

  TokensBackward a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    const std::int64_t part = block.index() % kTableParts;
    const std::int64_t place = block.index() / kTableParts % a.places;
    const std::int64_t begin = block.index() / kTableParts / a.places * kColumnTile;
    block.each([&](int thread) {
      const std::int64_t first = begin + std::int64_t{4} * thread;
      if (first >= a.width) return;
      Quad sums{};
      for (std::int64_t sample = part; sample < a.batch; sample += kTableParts) {
        add_sample(sample, place, first, sums);
      }
      store_quad(sums, a.workspace + (part * a.places + place) * a.width, first, a.width, aligned);
    });
  }

 private:
  DBOT_DEVICE void add_sample(std::int64_t sample, std::int64_t place, std::int64_t first,
                              Quad& sums) const {
    if (a.positions == nullptr) {
      if (place < a.tokens) add_token(sample * a.tokens + place, first, sums);
      return;
    }
    for (std::int64_t token = 0; token < a.tokens; ++token) {
      const std::int64_t row = sample * a.tokens + token;
      if (a.positions[row] == place) add_token(row, first, sums);
    }
  }

  DBOT_DEVICE void add_token(std::int64_t row, std::int64_t first, Quad& sums) const {
    const Quad quad = load_quad(a.outer + row * a.width, first, a.width, aligned);
    for (int i = 0; i < 4; ++i) sums.at[i] += quad.at[i];
  }
};

template <typename Grid>
int launch(Grid& grid, const Tokens& a) {
  if (a.batch < 0 || a.tokens < 1 || a.count < 0 || !is_shape(a.batch * a.tokens, a.width) ||
      !all_given({a.sources, a.shared, a.table, a.out}) || (a.count > 0 && a.own == nullptr)) {
    return kRefused;
  }
  const bool aligned = aligned_rows(a.width, {a.own, a.shared, a.table, a.out});
  const int threads = threads_for(parts_of(a.width, 4), 256);
  return with_element(a.element, [&](auto element) {
    return grid.run(a.batch * a.tokens, threads, TokensBody<decltype(element)>{a, aligned});
  });
}

/// Both passes take turns in the workspace.
template <typename Grid>
int launch_table_gradient(Grid& grid, const TokensBackward& a) {
  if (a.table_gradient == nullptr) return 0;
  const bool aligned = aligned_rows(a.width, {a.outer, a.workspace});
  const int threads = threads_for(parts_of(a.width, 4), kColumnThreads);
  const std::int64_t blocks = kTableParts * a.places * parts_of(a.width, kColumnTile);
  return then(grid.run(blocks, threads, TableGradientBody{a, aligned}), [&] {
    return fold_columns(grid, a.workspace, kTableParts, a.places * a.width, a.table_gradient);
  });
}

template <typename Grid>
int launch(Grid& grid, const TokensBackward& a) {
  if (a.batch < 0 || a.tokens < 1 || a.count < 0 || !is_shape(a.batch * a.tokens, a.width) ||
      !all_given({a.sources, a.outer, a.workspace, a.shared_gradient}) ||
      (a.count > 0 && a.own_gradient == nullptr) || (a.table_gradient != nullptr && a.places < 1)) {
    return kRefused;
  }
  const ColumnWalk walk =
      column_walk(a.batch * a.tokens, a.width, a.workspace, {a.outer, a.own_gradient});
  const int walked = with_element(a.element, [&](auto element) {
    using Element = decltype(element);
    const std::int64_t bytes =
        a.batch * a.count * a.width * static_cast<std::int64_t>(sizeof(Element));
    return then(grid.clear(a.own_gradient, bytes), [&] {
      return grid.run(walk.blocks(), walk.threads(), TokensBackwardBody<Element>{a, walk});
    });
  });
  const int folded = then(walked, [&] {
    return fold_columns(grid, a.workspace, walk.partials, a.width, a.shared_gradient);
  });
  return then(folded, [&] { return launch_table_gradient(grid, a); });
}

}  // namespace dbot::ops::cuda
