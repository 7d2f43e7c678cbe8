#include "dbot/runtime/tensor_memory.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace dbot::runtime {
namespace {

constexpr std::int64_t kMegabyte = 1 << 20;

at::Tensor bytes(std::int64_t count) {
  return at::empty({count}, at::kByte);
}

class TensorMemoryTest : public testing::Test {
 protected:
  void SetUp() override { reuse_tensor_memory(); }
};

TEST_F(TensorMemoryTest, ASecondStepAsksNothingOfTheSystem) {
  const auto step = [] {
    std::vector<at::Tensor> kept;
    for (std::int64_t i = 1; i <= 8; ++i) {
      kept.push_back(bytes(i * kMegabyte));
      bytes(4 * kMegabyte);
    }
  };
  step();
  const std::int64_t before = tensor_memory().obtained;
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(tensor_memory().obtained, before);
}

TEST_F(TensorMemoryTest, CountsWhatIsInUse) {
  const std::int64_t before = tensor_memory().in_use;
  const at::Tensor tensor = bytes(5 * kMegabyte);
  EXPECT_GE(tensor_memory().in_use, before + 5 * kMegabyte);
  EXPECT_LT(tensor_memory().in_use, before + 6 * kMegabyte);
}

TEST_F(TensorMemoryTest, BlocksAreAlignedAndApart) {
  for (const std::int64_t size : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1000},
                                  kMegabyte - 1, kMegabyte, 3 * kMegabyte + 17}) {
    const at::Tensor a = bytes(size), b = bytes(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data_ptr()) % 64, 0U) << size;
    if (size == 0) continue;
    a.fill_(1);
    b.fill_(2);
    EXPECT_EQ(a[size - 1].item<int>(), 1) << size;
  }
}

/// The flags of the mapping that holds an address (proc(5): smaps, VmFlags).
std::string mapping_flags(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream mappings("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(mappings, line);) {
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    std::istringstream words(line);
    if (words >> std::hex >> begin >> dash >> end && dash == '-') {
      inside = begin <= wanted && wanted < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line;
    }
  }
  return {};
}

TEST_F(TensorMemoryTest, LargeBlocksAskForHugePages) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) {
    GTEST_SKIP() << "this kernel has no transparent huge pages";
  }
  const at::Tensor large = bytes(77 * kMegabyte);
  large.fill_(1);
  const auto* middle = static_cast<const std::byte*>(large.const_data_ptr()) + 40 * kMegabyte;
  EXPECT_THAT(mapping_flags(middle), testing::HasSubstr(" hg"));
}

TEST_F(TensorMemoryTest, KeepsLittleMoreThanWasEverInUse) {
  { const at::Tensor large = bytes(64 * kMegabyte); }
  std::int64_t most = 0;
  for (std::int64_t size = 1; size < 60; ++size) {  // no two alike: nothing fits
    const at::Tensor tensor = bytes(size * kMegabyte);
    const TensorMemory memory = tensor_memory();
    most = std::max(most, memory.in_use + memory.kept);
  }
  EXPECT_LT(most, (64 + 64 / 4 + 20) * kMegabyte);
}

TEST_F(TensorMemoryTest, WorkApartLeavesNothingFree) {
  { const at::Tensor large = bytes(64 * kMegabyte); }
  EXPECT_GE(tensor_memory().kept, 64 * kMegabyte);
  const at::Tensor used = bytes(kMegabyte);
  const std::int64_t in_use = tensor_memory().in_use;
  {
    const WorkApart apart;
    EXPECT_EQ(tensor_memory().kept, 0);
    const at::Tensor large = bytes(32 * kMegabyte);
  }
  EXPECT_EQ(tensor_memory().kept, 0);
  EXPECT_EQ(tensor_memory().in_use, in_use);
  // The most that was in use begins anew: not much more than this is kept.
  for (std::int64_t size = 1; size < 30; ++size) const at::Tensor tensor = bytes(size * kMegabyte);
  EXPECT_LT(tensor_memory().kept, (30 + 30 / 4 + 20) * kMegabyte);
}

TEST_F(TensorMemoryTest, TooMuchIsBadAllocAndForgotten) {
  const std::int64_t before = tensor_memory().in_use;
  EXPECT_THROW(bytes(std::int64_t{1} << 60), std::bad_alloc);
  EXPECT_EQ(tensor_memory().in_use, before);
  EXPECT_EQ(bytes(kMegabyte).numel(), kMegabyte);
}

TEST_F(TensorMemoryTest, ThreadsShareIt) {
  const std::int64_t before = tensor_memory().in_use;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      at::Tensor last;
      for (int i = 0; i < 200; ++i) {
        last = bytes((1 + (i + t) % 5) * kMegabyte);
        last.view(-1)[0] = t;
        ASSERT_EQ(last[0].item<int>(), t);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tensor_memory().in_use, before);
}

}  // namespace
}  // namespace dbot::runtime
