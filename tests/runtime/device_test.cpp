#include "dbot/runtime/device.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"

namespace dbot::runtime {
namespace {

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

TEST(Device, RefusesWhatThisProcessLacks) {
  if (cuda::available()) GTEST_SKIP() << "this process can use a GPU";
  EXPECT_EQ(cuda::device_count(), 0);
  EXPECT_EQ(resolve_device("auto"), Device{});
  for (const char* request : {"cuda", "cuda:0", "cuda:12"}) {
    EXPECT_EQ(refusal(request), "[device] " + cuda::why_not() + ", expected cpu or auto");
  }
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
