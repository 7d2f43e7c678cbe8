#pragma once

#include "dbot/ops/cuda/bodies/block.h"
#include "dbot/ops/cuda/bodies/launch.h"

// Passes over flat buffers, four values a thread.
namespace dbot::ops::cuda {

inline constexpr int kFlatThreads = 256;

constexpr std::int64_t flat_blocks(std::int64_t count) {
  return parts_of(count, std::int64_t{4} * kFlatThreads);
}

/// Calls visit(first) for the four values of each thread, the last of which may be beyond `count`.
template <typename Block, typename Visit>
DBOT_DEVICE void each_quad(Block& block, std::int64_t count, const Visit& visit) {
  block.each([&](int thread) {
    const std::int64_t first = 4 * (block.index() * block.threads() + thread);
    if (first < count) visit(first);
  });
}

struct NarrowedBody {
  static constexpr int kThreads = kFlatThreads;
  static constexpr int kShared = 0;

  Narrowed a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    each_quad(block, a.count, [&](std::int64_t first) {
      const Quad quad = load_quad(a.values, first, a.count, aligned);
      store_quad(quad, static_cast<BFloat16*>(a.low), first, a.count, aligned);
    });
  }
};

template <typename Element>
struct ScaledBody {
  static constexpr int kThreads = kFlatThreads;
  static constexpr int kShared = 0;

  Scaled a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    const float factor = *a.factor;
    if (factor == 1) return;
    auto* values = static_cast<Element*>(a.values);
    each_quad(block, a.count, [&](std::int64_t first) {
      Quad quad = load_quad(values, first, a.count, aligned);
      for (float& value : quad.at) value *= factor;
      store_quad(quad, values, first, a.count, aligned);
    });
  }
};

template <typename Grid>
int launch(Grid& grid, const Narrowed& a) {
  if (a.count < 0 || !all_given({a.values, a.low})) return kRefused;
  return grid.run(flat_blocks(a.count), kFlatThreads,
                  NarrowedBody{a, aligned_values({a.values, a.low})});
}

template <typename Grid>
int launch(Grid& grid, const Scaled& a) {
  if (a.count < 0 || !all_given({a.values, a.factor})) return kRefused;
  return with_element(a.element, [&](auto element) {
    return grid.run(flat_blocks(a.count), kFlatThreads,
                    ScaledBody<decltype(element)>{a, aligned_values({a.values})});
  });
}

}  // namespace dbot::ops::cuda
