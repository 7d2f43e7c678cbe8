#include "dbot/runtime/cuda/failure.h"

#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>

namespace dbot::runtime::cuda {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const c10::SourceLocation kPlace{"allocate", "CUDACachingAllocator.cpp", 1};

TEST(CudaFailure, AFullGpuNamesWhatToLower) {
  const c10::OutOfMemoryError full(kPlace, "CUDA out of memory. Tried to allocate 2 GiB.\nAdvice.");
  const auto said = failure_of(full);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->fault, Fault::too_large);
  EXPECT_THAT(to_text(*said), AllOf(HasSubstr("[memory] the GPU"), HasSubstr("Tried to allocate"),
                                    HasSubstr("train.batch_size"), Not(HasSubstr("Advice"))));
}

TEST(CudaFailure, ABrokenGpuNamesItsError) {
  const c10::AcceleratorError broken(kPlace, 719, "CUDA error: unspecified launch failure");
  const auto said = failure_of(broken);
  ASSERT_TRUE(said);
  EXPECT_THAT(to_text(*said), AllOf(HasSubstr("error 719 (CUDA error: unspecified launch failure)"),
                                    HasSubstr("Xid"), HasSubstr("the last checkpoint")));
}

TEST(CudaFailure, OthersAreNotTheGpus) {
  EXPECT_FALSE(failure_of(c10::Error(kPlace, "shapes differ")));
  EXPECT_FALSE(failure_of(std::bad_alloc()));
  EXPECT_FALSE(failure_of(Error("[cuda] mine")));
}

}  // namespace
}  // namespace dbot::runtime::cuda
