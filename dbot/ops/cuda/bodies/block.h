#pragma once

#include "dbot/ops/cuda/bodies/element.h"

// How a kernel's body sees the block of threads that runs it. A body is a struct with
//   kThreads        the most threads of a block
//   kShared         bytes of memory that the threads of a block share
//   operator()(Block& block) const
// and is written once for a GPU's block (device_block.h) and for the tests' block on the host
// (tests/ops/cuda/host_block.h), which runs the threads one after the other. So a body is a row of
// phases: code outside `each` is the same for all threads, code inside is one thread's and waits
// for nobody. A block has
//   index(), count()            which block of how many this is
//   threads()                   a multiple of kWarp
//   own<T>()                    a T for each thread, kept by it between phases: own[thread]
//   each(phase)                 calls phase(thread)
//   across(own, distance)       of each thread, what thread ^ distance of its warp has
//   uniform(own)                the value that all threads have
//   shared<T>()                 the block's memory: put(thread, place, value), get(thread, place)
//   barrier()                   what was put before it can be read by others after it
namespace dbot::ops::cuda {

inline constexpr int kWarp = 32;

/// A few numbers that are summed together.
template <typename T, int kCount>
struct Numbers {
  T at[kCount];

  DBOT_DEVICE void add(const Numbers& other) {
    for (int i = 0; i < kCount; ++i) at[i] += other.at[i];
  }
};

/// The most warps of a block.
inline constexpr int kMostWarps = 32;

/// The sum over all threads, the same for each. Additions have fixed places: pairs of threads at
/// distance 16, 8, 4, 2, 1 in each warp, then the warps one after the other. Needs shared memory
/// for a value a warp; what lay there is lost.
template <typename Value, typename Block, typename Own>
DBOT_DEVICE Value sum(Block& block, Own& values) {
  for (int distance = kWarp / 2; distance > 0; distance /= 2) {
    const auto others = block.across(values, distance);
    block.each([&](int thread) { values[thread].add(others[thread]); });
  }
  const int warps = block.threads() / kWarp;
  if (warps == 1) return block.uniform(values);
  auto of_warps = block.template shared<Value>();
  block.barrier();  // all have read what lay there
  block.each([&](int thread) {
    if (thread % kWarp == 0) of_warps.put(thread, thread / kWarp, values[thread]);
  });
  block.barrier();
  block.each([&](int thread) {
    values[thread] = of_warps.get(thread, 0);
    for (int warp = 1; warp < warps; ++warp) values[thread].add(of_warps.get(thread, warp));
  });
  return block.uniform(values);
}

}  // namespace dbot::ops::cuda
