#pragma once

#include <cstdint>
#include <initializer_list>

#include "dbot/ops/cuda/bodies/element.h"
#include "dbot/ops/cuda/kernels.h"

// What launches share. `launch(grid, arguments)` stands beside each body, checks the arguments and
// hands bodies to a grid: a GPU's (device_grid.h) or the tests' on the host
// (tests/ops/cuda/host_grid.h). A grid has
//   run(blocks, threads, body)   0 or an error code; no blocks: nothing
//   clear(memory, bytes)         makes them 0
namespace dbot::ops::cuda {

constexpr std::int64_t parts_of(std::int64_t count, std::int64_t size) {
  return (count + size - 1) / size;
}

/// Threads of a block, one for each item: whole warps, at most `most`.
constexpr int threads_for(std::int64_t items, int most) {
  constexpr std::int64_t kLanes = 32;
  const std::int64_t wanted = parts_of(items > 1 ? items : 1, kLanes) * kLanes;
  return static_cast<int>(wanted < most ? wanted : most);
}

/// Whether four elements of each row can be read at once: of float32 and of narrower elements,
/// which begin at a multiple of their own four.
inline bool aligned_rows(std::int64_t width, std::initializer_list<const void*> matrices) {
  std::uintptr_t bits = 0;
  for (const void* matrix : matrices) bits |= reinterpret_cast<std::uintptr_t>(matrix);
  return width % 4 == 0 && bits % sizeof(Quad) == 0;
}

/// A flat buffer is one row whose end is looked at.
inline bool aligned_values(std::initializer_list<const void*> buffers) {
  return aligned_rows(4, buffers);
}

/// Whether a matrix of this size can be.
constexpr bool is_shape(std::int64_t rows, std::int64_t width) {
  constexpr std::int64_t kMostRows = 0x7fffffff;  // of a grid
  return rows >= 0 && rows <= kMostRows && width > 0;
}

inline bool all_given(std::initializer_list<const void*> pointers) {
  for (const void* pointer : pointers) {
    if (pointer == nullptr) return false;
  }
  return true;
}

/// call(an element of this type).
template <typename Call>
int with_element(ElementType type, const Call& call) {
  switch (type) {
    case ElementType::float32:
      return call(float{});
    case ElementType::bfloat16:
      return call(BFloat16{});
  }
  return kRefused;
}

/// The first of two launches that failed, or 0.
template <typename Second>
int then(int first, const Second& second) {
  return first != 0 ? first : second();
}

}  // namespace dbot::ops::cuda
