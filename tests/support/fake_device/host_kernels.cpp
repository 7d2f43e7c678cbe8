#include "tests/support/fake_device/host_kernels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

#include <string>

#include "dbot/ops/cuda/bodies/activations.h"
#include "dbot/ops/cuda/bodies/flat.h"
#include "dbot/ops/cuda/bodies/patches.h"
#include "dbot/ops/cuda/bodies/residual_norm_backward.h"
#include "dbot/ops/cuda/bodies/step.h"
#include "dbot/ops/cuda/bodies/token_loss.h"
#include "dbot/ops/cuda/bodies/tokens.h"
#include "tests/ops/cuda/host_grid.h"
#include "tests/support/fake_device/memory.h"
#include "tests/support/fake_device/record.h"
#include "tests/support/fake_device/tape.h"

namespace dbot::ops::cuda {

/// The module's is a handle of cuBLASLt.
struct Products {};

}  // namespace dbot::ops::cuda

namespace dbot::test::fake {
namespace {

using namespace ops::cuda;

template <typename Arguments>
int run(const char* name, const Arguments* arguments) {
  if (arguments == nullptr) return kRefused;
  tell_operator(std::string("kernel ") + name);
  const auto again = [a = *arguments] {
    HostGrid grid;
    return launch(grid, a);
  };
  if (is_recording()) keep_on_tape([again] { again(); });
  const Open open;
  return again();
}

at::ScalarType type_of(ElementType element) {
  return element == ElementType::bfloat16 ? at::kBFloat16 : at::kFloat;
}

/// What is multiplied, [rows, columns], in float32.
at::Tensor factor(const void* values, std::int64_t rows, std::int64_t columns, bool turned,
                  ElementType element) {
  auto* memory = const_cast<void*>(values);
  const at::Tensor matrix = turned ? at::from_blob(memory, {columns, rows}, type_of(element)).t()
                                   : at::from_blob(memory, {rows, columns}, type_of(element));
  return matrix.to(at::kFloat);
}

void multiply_here(const Product& a) {
  const c10::NoGradGuard no_graph;
  at::Tensor result = at::mm(factor(a.a, a.rows, a.inner, a.a_turned, a.element),
                             factor(a.b, a.inner, a.columns, a.b_turned, a.element));
  if (a.bias != nullptr) result += factor(a.bias, 1, a.columns, false, a.out_element);
  if (a.ending == Product::Ending::bias_and_tanh_gelu) result = at::gelu(result, "tanh");
  const at::Tensor out = at::from_blob(a.out, {a.rows, a.columns}, type_of(a.out_element));
  if (a.accumulate) {
    out.add_(result);
  } else {
    out.copy_(result);
  }
}

int multiply(Products* /*products*/, const Product* product, Stream /*stream*/) {
  const Product& a = *product;
  tell_operator("kernel product " + std::to_string(a.rows) + " " + std::to_string(a.columns) + " " +
                std::to_string(a.inner));
  if (is_recording()) keep_on_tape([a] { multiply_here(a); });
  const Open open;
  multiply_here(a);
  return 0;
}

constexpr KernelTable kTable{
    .version = kKernelTableVersion,
    .patches = [](const Patches* a, Stream) { return run("patches", a); },
    .tokens = [](const Tokens* a, Stream) { return run("tokens", a); },
    .tokens_backward = [](const TokensBackward* a, Stream) { return run("tokens_backward", a); },
    .token_loss = [](const TokenLoss* a, Stream) { return run("token_loss", a); },
    .residual_norm = [](const ResidualNorm* a, Stream) { return run("residual_norm", a); },
    .residual_norm_backward = [](const ResidualNormBackward* a,
                                 Stream) { return run("residual_norm_backward", a); },
    .gelu = [](const Gelu* a, Stream) { return run("gelu", a); },
    .gelu_backward = [](const GeluBackward* a, Stream) { return run("gelu_backward", a); },
    .column_sums = [](const ColumnSums* a, Stream) { return run("column_sums", a); },
    .narrowed = [](const Narrowed* a, Stream) { return run("narrowed", a); },
    .scaled = [](const Scaled* a, Stream) { return run("scaled", a); },
    .squares = [](const Squares* a, Stream) { return run("squares", a); },
    .prepare_update = [](const PrepareUpdate* a, Stream) { return run("prepare_update", a); },
    .adamw_update = [](const AdamWUpdate* a, Stream) { return run("adamw_update", a); },
    .products_open = [](void*, std::int64_t) { return new Products; },
    .products_close = [](Products* products) { delete products; },
    .product = multiply};

}  // namespace

const ops::gpu::DeviceKernels& host_kernels() {
  static const ops::gpu::DeviceKernels kernels{
      .table = &kTable, .current_stream = [](int) -> Stream { return nullptr; }};
  return kernels;
}

void use_host_kernels(bool use) {
  ops::gpu::use_kernels(use ? &host_kernels() : nullptr);
}

}  // namespace dbot::test::fake
