#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

#include "dbot/ops/cuda/bodies/launch.h"
#include "tests/ops/cuda/host_block.h"

// A grid of blocks on the host, for the launches of dbot/ops/cuda. The tests run it in orders that
// a GPU might choose.
namespace dbot::ops::cuda {

enum class HostOrder { forward, backward, shuffled };

class HostGrid {
 public:
  explicit HostGrid(HostOrder order = HostOrder::forward) : order_(order) {}

  template <typename Body>
  int run(std::int64_t blocks, int threads, const Body& body) {
    if (threads < kWarp || threads % kWarp != 0 || threads > Body::kThreads) {
      throw std::logic_error("a block cannot have so many threads");
    }
    std::vector<std::int64_t> turns(static_cast<std::size_t>(blocks));
    std::iota(turns.begin(), turns.end(), 0);
    if (order_ == HostOrder::backward) std::reverse(turns.begin(), turns.end());
    if (order_ == HostOrder::shuffled) std::shuffle(turns.begin(), turns.end(), std::mt19937(7));
    for (const std::int64_t turn : turns) {
      HostBlock block(turn, blocks, threads, Body::kShared, order_ == HostOrder::backward);
      body(block);
    }
    return 0;
  }

  int clear(void* memory, std::int64_t bytes) {
    std::memset(memory, 0, static_cast<std::size_t>(bytes));
    return 0;
  }

 private:
  HostOrder order_;
};

/// Runs a kernel on the host; what it refuses is a failure.
template <typename Arguments>
void run_on_host(const Arguments& arguments, HostOrder order = HostOrder::forward) {
  HostGrid grid(order);
  if (launch(grid, arguments) != 0) throw std::logic_error("the kernel refuses its arguments");
}

}  // namespace dbot::ops::cuda
