#include "dbot/runtime/device.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"
#include "dbot/runtime/cuda/device_choice.h"

namespace dbot::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// The message of the refusal; empty if the request is none to refuse.
std::string refusal(std::string_view request) {
  try {
    resolve_device(request);
  } catch (const UsageError& problem) {
    return problem.what();
  }
  return "";
}

TEST(Device, IsWrittenAndReadBack) {
  const Device second_gpu{.kind = Device::Kind::cuda, .index = 1};
  EXPECT_EQ(to_string(Device{}), "cpu");
  EXPECT_EQ(to_string(second_gpu), "cuda:1");
  EXPECT_EQ(resolve_device(to_string(Device{})), Device{});
  EXPECT_NE(second_gpu, Device{});
  EXPECT_EQ(at::Device(Device{}), at::Device("cpu"));
  EXPECT_EQ(at::Device(second_gpu), at::Device("cuda:1"));
}

TEST(Device, OtherWordsAreRefused) {
  for (const char* request : {"gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda1", "cpu:0"}) {
    EXPECT_THAT(refusal(request), HasSubstr("is not a device, expected auto")) << request;
  }
}

TEST(Device, WordsAreCheckedWithoutAskingForAGpu) {
  for (const char* request : {"auto", "cpu", "cuda", "cuda:0", "cuda:12"}) {
    EXPECT_NO_THROW(check_device(request)) << request;
  }
  EXPECT_THROW(check_device("gpu"), UsageError);
}

TEST(Device, RefusesWhatThisMachineLacks) {
  EXPECT_EQ(resolve_device("cpu"), Device{});
  if (load_cuda().obstacle != cuda::Obstacle::no_driver) GTEST_SKIP() << "there is a driver";
  EXPECT_FALSE(cuda::available());
  EXPECT_EQ(cuda::device_count(), 0);
  EXPECT_EQ(resolve_device("auto"), Device{});
  for (const char* request : {"cuda", "cuda:0", "cuda:12"}) {
    EXPECT_THAT(refusal(request),
                AllOf(HasSubstr("[device] " + std::string(request) + " cannot be used"),
                      HasSubstr("NVIDIA's driver is not there"),
                      HasSubstr("compute on the CPU by train.device = \"cpu\"")));
  }
}

TEST(Device, WithoutAGpuNothingIsWarnedOf) {
  if (load_cuda().obstacle != cuda::Obstacle::no_driver) GTEST_SKIP() << "there is a driver";
  int lines = 0;
  choose_device("auto", [&lines](core::LogLevel, std::string_view) { ++lines; });
  EXPECT_EQ(lines, 0);
}

TEST(Device, WhatLiesThereIsNotCopied) {
  const NamedTensors tensors{{"images", at::ones({2, 3})}, {"mask", at::ones({4})}};
  const NamedTensors moved = move_to(tensors, Device{});
  ASSERT_EQ(moved.size(), 2u);
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(moved.at(name).is_same(tensor)) << name;
}

TEST(Device, OtherTensorsAreMoved) {
  const at::Tensor elsewhere = at::ones({2, 3}, at::TensorOptions().device(at::kMeta));
  // Values of the meta device are nowhere: leaving it is refused, so the move was tried.
  EXPECT_ANY_THROW(move_to({{"images", elsewhere}}, Device{}));
}

}  // namespace
}  // namespace dbot::runtime
