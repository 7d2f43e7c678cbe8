#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace dbot::ops {

/// Parts into which `rows` are divided: one for each thread, so that sums over rows depend on the
/// number of threads alone.
inline std::int64_t row_parts(std::int64_t rows) {
  return std::clamp<std::int64_t>(rows, 1, at::get_num_threads());
}

/// Calls body(part, begin, end) for all parts of `rows`, each by one thread.
template <typename Body>
void parallel_rows(std::int64_t rows, const Body& body) {
  const std::int64_t parts = row_parts(rows);
  at::parallel_for(0, parts, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t part = first; part < last; ++part) {
      body(part, rows * part / parts, rows * (part + 1) / parts);
    }
  });
}

}  // namespace dbot::ops
