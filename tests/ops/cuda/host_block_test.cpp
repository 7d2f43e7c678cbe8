#include <gtest/gtest.h>

#include "tests/ops/cuda/host_grid.h"

// The tests' block of threads sees what would go wrong on a GPU.
namespace dbot::ops::cuda {
namespace {

using OneSum = Numbers<float, 1>;

/// Each thread reads what its neighbour put.
struct Neighbours {
  static constexpr int kThreads = 64;
  static constexpr int kShared = kThreads * sizeof(float);

  bool waits;
  float* out;

  template <typename Block>
  void operator()(Block& block) const {
    auto memory = block.template shared<float>();
    block.each([&](int thread) { memory.put(thread, thread, static_cast<float>(thread)); });
    if (waits) block.barrier();
    block.each([&](int thread) { out[thread] = memory.get(thread, (thread + 1) % kThreads); });
  }
};

TEST(HostBlock, SeesAMissingBarrier) {
  std::vector<float> out(Neighbours::kThreads);
  HostGrid grid;
  grid.run(1, Neighbours::kThreads, Neighbours{true, out.data()});
  EXPECT_EQ(out[3], 4);
  EXPECT_THROW(grid.run(1, Neighbours::kThreads, Neighbours{false, out.data()}), std::logic_error);
}

/// Writes over what others may not have read.
struct TooEarly {
  static constexpr int kThreads = 64;
  static constexpr int kShared = sizeof(float);

  bool waits;

  template <typename Block>
  void operator()(Block& block) const {
    auto memory = block.template shared<float>();
    block.each([&](int thread) {
      if (thread == 0) memory.put(thread, 0, 1);
    });
    block.barrier();
    block.each([&](int thread) { memory.get(thread, 0); });
    if (waits) block.barrier();
    block.each([&](int thread) {
      if (thread == 0) memory.put(thread, 0, 2);
    });
  }
};

TEST(HostBlock, SeesAWriteThatComesTooEarly) {
  HostGrid grid;
  EXPECT_NO_THROW(grid.run(1, 64, TooEarly{true}));
  EXPECT_THROW(grid.run(1, 64, TooEarly{false}), std::logic_error);
}

TEST(HostBlock, SeesTheEndOfSharedMemory) {
  HostBlock block(0, 1, 32, 2 * sizeof(float), false);
  auto memory = block.shared<float>();
  memory.put(0, 1, 1);
  EXPECT_THROW(memory.put(0, 2, 1), std::logic_error);
  EXPECT_THROW(memory.get(0, 2), std::logic_error);
}

TEST(HostBlock, SeesABarrierThatNotAllReach) {
  HostBlock block(0, 1, 32, 0, false);
  EXPECT_THROW(block.each([&](int thread) {
    if (thread == 5) block.barrier();
  }),
               std::logic_error);
}

TEST(HostBlock, SeesAValueThatIsNotTheSame) {
  HostBlock block(0, 1, 32, 0, false);
  auto own = block.own<OneSum>();
  block.each([&](int thread) { own[thread] = {{1}}; });
  EXPECT_EQ(block.uniform(own).at[0], 1);
  own[7].at[0] = 2;
  EXPECT_THROW(block.uniform(own), std::logic_error);
}

TEST(HostBlock, ValuesAreNotNumbersBeforeTheyAreWritten) {
  const HostBlock block(0, 1, 32, 0, false);
  EXPECT_TRUE(std::isnan(block.own<OneSum>()[3].at[0]));
}

TEST(HostBlock, SumsOverAllWarps) {
  for (const int threads : {32, 64, 96, 512, 1024}) {
    HostBlock block(0, 1, threads, kMostWarps * sizeof(OneSum), false);
    auto own = block.own<OneSum>();
    block.each([&](int thread) { own[thread] = {{static_cast<float>(thread)}}; });
    const int expected = threads * (threads - 1) / 2;
    EXPECT_EQ(sum<OneSum>(block, own).at[0], static_cast<float>(expected));
  }
}

TEST(HostGrid, RefusesBlocksThatAGpuRefuses) {
  HostGrid grid;
  EXPECT_THROW(grid.run(1, 128, TooEarly{true}), std::logic_error);
  EXPECT_THROW(grid.run(1, 33, TooEarly{true}), std::logic_error);
}

}  // namespace
}  // namespace dbot::ops::cuda
