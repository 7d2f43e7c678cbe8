// A comparison of speed means something only between things that compute the same.
#include "dbot/tools/bench/ops_bench.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/fake_device/test_devices.h"

namespace dbot::tools {
namespace {

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor difference = a.to(at::kDouble) - b.to(at::kDouble);
  return (difference.norm() / b.to(at::kDouble).norm()).item().toDouble();
}

void expect_equal_results(runtime::Precision precision, double most) {
  for (const OperationCase& operation : operation_cases(precision)) {
    const auto has = [title = operation.title()](const char* words) {
      return title.find(words) != std::string::npos;
    };
    if (!has("dbot/tiny-32") && !has("MoCo")) continue;
    if (has("all tokens")) continue;
    const OperationWays ways = operation.prepare();
    if (ways.before) ways.before();
    const at::Tensor ours = ways.ours().clone();
    if (ways.before) ways.before();
    EXPECT_LT(relative_difference(ours, ways.reference()), most) << operation.title();
  }
}

/// One thread: several that wait for each other take ten times as long where others compute too.
class OpsBench : public testing::Test {
 protected:
  OpsBench() { at::set_num_threads(1); }
  ~OpsBench() override { at::set_num_threads(threads_before_); }

 private:
  int threads_before_ = at::get_num_threads();
};

TEST_F(OpsBench, BothWaysOfAnOperationComputeTheSame) {
  expect_equal_results(runtime::Precision::fp32, 1e-5);
}

TEST_F(OpsBench, OnADeviceBothWaysComputeTheSame) {
  const runtime::Device device = test::device_named("fake");
  int compared = 0;
  for (const OperationCase& operation : operation_cases(runtime::Precision::fp32, device)) {
    EXPECT_EQ(operation.device, device) << operation.title();
    if (operation.title().find("target and loss") == std::string::npos) continue;
    if (operation.network != "dbot/tiny-32") continue;
    const OperationWays ways = operation.prepare();
    const at::Tensor ours = ways.ours();
    EXPECT_EQ(ours.device(), at::Device(device));
    EXPECT_LT(relative_difference(ours.cpu(), ways.reference().cpu()), 1e-5);
    EXPECT_GT(time_operation(operation, 1).ours, 0);
    ++compared;
  }
  EXPECT_EQ(compared, 1);
}

TEST_F(OpsBench, BothWaysComputeTheSameInBf16) {
  if (!runtime::cpu_has_fast_bf16()) GTEST_SKIP() << "this processor multiplies no bf16 matrices";
  expect_equal_results(runtime::Precision::bf16, 2e-2);
}

TEST_F(OpsBench, EveryRowHasATitleOfItsOwnAndAnAmountOfWork) {
  std::set<std::string> titles;
  for (const OperationCase& operation : operation_cases(runtime::Precision::fp32)) {
    EXPECT_TRUE(titles.insert(operation.title()).second) << operation.title();
    EXPECT_TRUE((operation.flops > 0) != (operation.bytes > 0)) << operation.title();
  }
}

}  // namespace
}  // namespace dbot::tools
