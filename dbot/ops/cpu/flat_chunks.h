#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>

namespace dbot::ops {

constexpr std::int64_t kFlatChunk = 16384;  // values: 64 KiB of each buffer

constexpr std::int64_t flat_chunks(std::int64_t count) {
  return (count + kFlatChunk - 1) / kFlatChunk;
}

/// Calls body(chunk, begin, end) for all chunks of `count` values of flat buffers, which are the
/// same for any number of threads.
template <typename Body>
void for_chunks(std::int64_t count, const Body& body) {
  at::parallel_for(0, flat_chunks(count), 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t chunk = first; chunk < last; ++chunk) {
      body(chunk, chunk * kFlatChunk, std::min((chunk + 1) * kFlatChunk, count));
    }
  });
}

}  // namespace dbot::ops
