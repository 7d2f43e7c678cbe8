#pragma once

#include "dbot/ops/cuda/bodies/block.h"
#include "dbot/ops/cuda/bodies/launch.h"

// A row of a matrix that a block holds in the registers of its threads.
namespace dbot::ops::cuda {

/// Four values each, of a thread's share of a row.
inline constexpr int kQuads = 2;
/// The most threads for a row, and the widest row that they hold.
inline constexpr int kRowThreads = 512;
inline constexpr std::int64_t kWidestRow = std::int64_t{4} * kQuads * kRowThreads;

/// Threads of a block that holds a row.
constexpr int row_threads(std::int64_t width) {
  return threads_for(parts_of(width, std::int64_t{4} * kQuads), kRowThreads);
}

/// What a thread holds of a row: share.quads[k] are the values from 4 · (k · threads + thread) on,
/// so that neighbours read neighbouring memory. Values beyond the row's end are 0 when read and are
/// not written.
struct RowShare {
  Quad quads[kQuads];
};

/// One row of [rows, width] as a thread sees it.
struct RowPlace {
  std::int64_t row, width;
  int thread, threads;
  bool aligned;  // every row of every matrix, to four elements

  DBOT_DEVICE std::int64_t first(int k) const { return std::int64_t{4} * (k * threads + thread); }

  template <typename Element>
  DBOT_DEVICE RowShare load(const Element* matrix) const {
    RowShare share;
    for (int k = 0; k < kQuads; ++k) {
      share.quads[k] = load_quad(matrix + row * width, first(k), width, aligned);
    }
    return share;
  }

  template <typename Element>
  DBOT_DEVICE void store(const RowShare& share, Element* matrix) const {
    for (int k = 0; k < kQuads; ++k) {
      store_quad(share.quads[k], matrix + row * width, first(k), width, aligned);
    }
  }

  /// A share of a vector [width].
  DBOT_DEVICE RowShare load_vector(const float* vector) const {
    RowShare share;
    for (int k = 0; k < kQuads; ++k) share.quads[k] = load_quad(vector, first(k), width, aligned);
    return share;
  }

  /// Calls body(k, i) for the values of the share that are inside the row.
  template <typename Body>
  DBOT_DEVICE void inside(const Body& body) const {
    for (int k = 0; k < kQuads; ++k) {
      for (int i = 0; i < 4; ++i) {
        if (first(k) + i < width) body(k, i);
      }
    }
  }

  /// Calls body(k, i) for all values of the share.
  template <typename Body>
  DBOT_DEVICE static void all(const Body& body) {
    for (int k = 0; k < kQuads; ++k) {
      for (int i = 0; i < 4; ++i) body(k, i);
    }
  }
};

}  // namespace dbot::ops::cuda
