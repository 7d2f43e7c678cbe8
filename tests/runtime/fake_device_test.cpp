// The device that is not there keeps its promises: what would be wrong on a GPU is seen on it.
#include "tests/support/fake_device/fake_device.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/runtime/late_copy.h"

namespace dbot::runtime {

/// A function of the project, as the watch sees it, that asks a device for a number.
double asks_the_device(const at::Tensor& tensor);

[[gnu::noinline]] double asks_the_device(const at::Tensor& tensor) {
  return tensor.sum().item<double>();
}

namespace {

using test::fake::Transfer;
using test::fake::Watch;
using testing::HasSubstr;

class FakeDevice : public testing::Test {
 protected:
  void SetUp() override { test::fake::install(); }

  static at::Tensor there(const at::Tensor& tensor) {
    return tensor.to(at::Device(test::fake::device()));
  }
};

TEST_F(FakeDevice, ComputesWhatTheHostComputes) {
  const at::Tensor a = at::randn({3, 4}), b = at::randn({4, 2});
  const at::Tensor here = at::matmul(a, b).relu().slice(0, 1).t();
  const at::Tensor result = at::matmul(there(a), there(b)).relu().slice(0, 1).t();
  EXPECT_EQ(result.device(), at::Device(test::fake::device()));
  EXPECT_EQ(result.device().str(), "fake:0");
  EXPECT_TRUE(at::equal(result.cpu(), here));
}

TEST_F(FakeDevice, DifferentiatesWhatTheHostDifferentiates) {
  const at::Tensor a = at::randn({5, 3}), b = at::randn({3, 2});
  const auto gradient_of = [&](const at::Tensor& x, const at::Tensor& y) {
    const at::Tensor leaf = x.detach().clone().requires_grad_(true);
    at::matmul(leaf, y).square().sum().backward();
    return leaf.grad().cpu();
  };
  EXPECT_TRUE(at::equal(gradient_of(there(a), there(b)), gradient_of(a, b)));
}

TEST_F(FakeDevice, ItsMemoryIsClosedToTheHost) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        test::fake::install();
        const at::Tensor tensor = at::ones({4}, at::TensorOptions().device(test::fake::device()));
        std::exit(tensor.const_data_ptr<float>()[0] > 0 ? 0 : 1);
      },
      testing::KilledBySignal(SIGSEGV), "");
}

TEST_F(FakeDevice, RefusesTensorsOfTwoDevices) {
  const at::Tensor a = there(at::ones({3})), rows = at::zeros({2}, at::kLong);
  EXPECT_THAT([&] { a.index_select(0, rows); },
              testing::ThrowsMessage<std::exception>(HasSubstr("has a tensor of the CPU, [2]")));
  EXPECT_THROW(a.add(at::ones({3})), std::exception);
  EXPECT_NO_THROW(a.add(at::ones({}))) << "numbers are taken on GPUs, too";
}

TEST_F(FakeDevice, NamesWhoReadsAndWhatIsUploaded) {
  const Watch watch;
  const at::Tensor a = there(at::ones({3}));
  EXPECT_EQ(watch.reads(), 0);
  ASSERT_EQ(watch.uploads(), 1);
  EXPECT_EQ(watch.transfers(Transfer::Kind::upload).front().bytes, 12);
  EXPECT_EQ(asks_the_device(a), 3);
  ASSERT_EQ(watch.reads(), 1);
  EXPECT_THAT(watch.transfers(Transfer::Kind::read).front().caller,
              HasSubstr("runtime::asks_the_device"));
}

TEST_F(FakeDevice, KeepsOperatorsAndTheirShapes) {
  const at::Tensor a = there(at::ones({2, 3})), b = there(at::ones({3, 4}));
  const Watch watch(test::fake::Callers::unknown);
  const at::NoGradGuard no_graph;
  at::matmul(a, b).add_(1.0);
  EXPECT_THAT(watch.operators(), testing::ElementsAre(HasSubstr("aten::mm [2, 3] [3, 4]"),
                                                      HasSubstr("aten::add [2, 4]")));
}

TEST_F(FakeDevice, ALateReadArrivesWhenItIsWaitedFor) {
  const at::Tensor values = there(at::ones({2}));
  const Watch watch(test::fake::Callers::unknown);
  const at::Tensor hurried = values.to(at::kCPU, /*non_blocking=*/true);
  EXPECT_TRUE(std::isnan(hurried.const_data_ptr<float>()[0])) << "who does not wait finds nothing";
  LateCopy copy(values);
  values.zero_();  // told later, and no part of the copy
  EXPECT_TRUE(at::equal(copy.wait(), at::ones({2})));
  EXPECT_TRUE(at::equal(hurried, at::ones({2})));
  EXPECT_EQ(watch.reads(), 0);
  EXPECT_EQ(watch.transfers(Transfer::Kind::late_read).size(), 2);
}

TEST_F(FakeDevice, WhatSharesMemoryComesToTheHostInOnePiece) {
  const at::Tensor flat = there(at::randn({12}));
  const NamedTensors parts{
      {"a", flat.slice(0, 0, 4).view({2, 2})}, {"b", flat.slice(0, 4)}, {"here", at::zeros({1})}};
  const Watch watch(test::fake::Callers::unknown);
  const NamedTensors found = on_host(parts);
  EXPECT_EQ(watch.reads(), 1);
  EXPECT_TRUE(found.at("here").is_same(parts.at("here")));
  EXPECT_TRUE(at::equal(found.at("a"), parts.at("a").cpu()));
  EXPECT_TRUE(at::equal(found.at("b"), parts.at("b").cpu()));
}

}  // namespace
}  // namespace dbot::runtime
