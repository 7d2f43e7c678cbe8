#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/sum.h>
#include <c10/core/Scalar.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <optional>
#include <ostream>

#include "dbot/ops/cpu/kernels/bf16/block_product.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/operation_table.h"
#include "tests/support/fake_device/test_devices.h"

namespace dbot::ops {
namespace {

struct Case {
  TableOperation operation;
  TableShape shape;
  at::ScalarType compute;
  simd::KernelLevel level;
  bool emulated_tiles = false;
  std::string device = "cpu";
};

std::string name_of(const Case& c) {
  const auto& [operation, shape, compute, level, emulated_tiles, device] = c;
  return operation.name + "_" + std::to_string(shape.batch) + "x" + std::to_string(shape.tokens) +
         "x" + std::to_string(shape.width) + (compute == at::kFloat ? "_fp32_" : "_bf16_") +
         (device == "cpu" ? std::string(name(level)) : device) +
         (emulated_tiles ? "_emulated_tiles" : "");
}

/// GoogleTest looks for this name.
void PrintTo(const Case& c, std::ostream* stream) {
  *stream << name_of(c);
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  return name_of(info.param);
}

// A single value, partial vectors of every width, more than one block of attention, whole vectors.
constexpr TableShape kShapes[] = {{1, 1, 4, 1}, {2, 5, 12, 2}, {3, 17, 44, 2}, {2, 50, 192, 3}};

std::vector<TableShape> shapes_of(const TableOperation& operation) {
  std::vector<TableShape> shapes(std::begin(kShapes), std::end(kShapes));
  shapes.insert(shapes.end(), operation.more.begin(), operation.more.end());
  return shapes;
}

std::vector<simd::KernelLevel> levels_of(const TableOperation& operation) {
  const std::vector<simd::KernelLevel> levels = simd::supported_kernel_levels();
  return operation.levels ? levels : std::vector<simd::KernelLevel>{levels.front()};
}

/// Of one operation, type and shape.
void append_cases(std::vector<Case>& all, const TableOperation& operation, const TableShape& shape,
                  at::ScalarType compute) {
  const simd::KernelLevel widest = simd::supported_kernel_levels().back();
  for (const std::string& device : test::test_devices()) {
    if (device != "cpu") {
      if (operation.on_any_device) {
        all.push_back({operation, shape, compute, widest, false, device});
      }
      continue;
    }
    for (const simd::KernelLevel level : levels_of(operation)) {
      all.push_back({operation, shape, compute, level});
    }
    // Every processor can run what AMX does, slowly.
    if (compute == at::kBFloat16 && operation.levels) {
      all.push_back({operation, shape, compute, widest, true});
    }
  }
}

std::vector<Case> cases(const std::vector<at::ScalarType>& types) {
  std::vector<Case> all;
  for (const auto& part : {row_operations(), product_operations(), step_operations(),
                           update_operations(), gpu_operations()}) {
    for (const TableOperation& operation : part) {
      for (const at::ScalarType compute : types) {
        if (compute == at::kBFloat16 && !operation.bfloat16) continue;
        for (const TableShape& shape : shapes_of(operation)) {
          append_cases(all, operation, shape, compute);
        }
      }
    }
  }
  return all;
}

/// The case's inputs in their types, and in double precision with the same values.
struct Inputs {
  explicit Inputs(const Case& c) {
    std::size_t i = 0;
    for (const at::Tensor& input : c.operation.inputs(c.shape)) {
      if (input.is_floating_point()) {
        given.push_back(input.to(c.operation.computed.at(i) ? c.compute : at::kFloat));
        exact.push_back(given.back().to(at::kDouble));
      } else {
        given.push_back(input);
        exact.push_back(input);
      }
      ++i;
    }
  }
  Tensors given, exact;
};

double relative(const at::Tensor& ours, const at::Tensor& expected) {
  const double size = expected.norm().item<double>();
  return (ours.to(at::kDouble) - expected).norm().item<double>() / (size > 0 ? size : 1.0);
}

/// The result's gradient, in the type of the result.
at::Tensor outer_of(const Case& c, const at::Tensor& expected) {
  const bool low = c.operation.in_compute_type && c.compute == at::kBFloat16;
  return table_numbers(expected.sizes().vec(), 77).to(low ? at::kBFloat16 : at::kFloat);
}

class LevelGuard {
 public:
  explicit LevelGuard(const Case& c) {
    simd::use_kernel_level(c.level);
    if (c.emulated_tiles) engine_.emplace(BlockEngine::emulated_tiles);
  }
  ~LevelGuard() { simd::use_kernel_level("auto"); }
  LevelGuard(const LevelGuard&) = delete;
  LevelGuard& operator=(const LevelGuard&) = delete;

 private:
  std::optional<ChosenEngine> engine_;
};

/// On the case's device; what comes of it is on the host again.
Outcome ours(const Case& c, const Inputs& inputs, const at::Tensor& outer) {
  const LevelGuard guard(c);
  const at::Device device = test::device_named(c.device);
  Tensors given;
  for (const at::Tensor& input : inputs.given) given.push_back(input.to(device));
  Outcome found = c.operation.ours({c.shape, given, outer.to(device), c.compute});
  found.result = found.result.cpu();
  for (at::Tensor& gradient : found.gradients) {
    if (gradient.defined()) gradient = gradient.cpu();
  }
  return found;
}

class OperationTable : public testing::TestWithParam<Case> {};

TEST_P(OperationTable, AgreesWithDoublePrecision) {
  const Case& c = GetParam();
  const Inputs inputs(c);
  Tensors leaves;
  for (const at::Tensor& input : inputs.exact) {
    leaves.push_back(input.is_floating_point() ? input.clone().requires_grad_(true) : input);
  }
  const at::Tensor expected = c.operation.formula(c.shape, leaves);
  const at::Tensor outer = outer_of(c, expected);
  const Outcome found = ours(c, inputs, outer);
  const double limit = (c.compute == at::kFloat ? 2e-6 : 5e-3) * c.operation.slack;
  ASSERT_EQ(found.result.sizes(), expected.sizes());
  EXPECT_LT(relative(found.result, expected.detach()), limit) << "result";
  if (found.gradients.empty()) return;
  expected.backward(outer.to(at::kDouble));
  for (std::size_t i = 0; i < found.gradients.size(); ++i) {
    if (!found.gradients[i].defined()) continue;
    EXPECT_LT(relative(found.gradients[i], leaves[i].grad()), 3 * limit) << "gradient " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OperationTable, testing::ValuesIn(cases({at::kFloat, at::kBFloat16})),
                         test_name);

class Slopes : public testing::TestWithParam<Case> {};

/// Central differences of the formula, for each input along a direction of its own.
TEST_P(Slopes, AreTheGradients) {
  const at::NoGradGuard no_graph;
  const Case& c = GetParam();
  const Inputs inputs(c);
  const at::Tensor outer = outer_of(c, c.operation.formula(c.shape, inputs.exact));
  Outcome found;
  {
    const at::AutoGradMode with_graph(true);
    found = ours(c, inputs, outer);
  }
  const auto value = [&](std::size_t input, const at::Tensor& moved) {
    Tensors all = inputs.exact;
    all[input] = moved;
    return (c.operation.formula(c.shape, all) * outer.to(at::kDouble)).sum().item<double>();
  };
  for (std::size_t i = 0; i < found.gradients.size(); ++i) {
    if (!found.gradients[i].defined()) continue;
    const at::Tensor& x = inputs.exact[i];
    const at::Tensor gradient = found.gradients[i].to(at::kDouble);
    const at::Tensor direction = table_numbers(x.sizes().vec(), 500 + i);
    const double step = 1e-5;
    const double slope =
        (value(i, x + direction * step) - value(i, x - direction * step)) / (2 * step);
    const double size = (gradient.norm() * direction.norm()).item<double>();
    EXPECT_NEAR((gradient * direction).sum().item<double>(), slope, 3e-6 * size + 1e-8)
        << "input " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Slopes, testing::ValuesIn(cases({at::kFloat})), test_name);

}  // namespace
}  // namespace dbot::ops
