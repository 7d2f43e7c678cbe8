#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <cmath>

#include "dbot/ops/backends.h"
#include "dbot/ops/transformer_block.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

ops::TransformerBlockWeights random_weights(const TokenShape& shape, bool trained) {
  const std::int64_t width = shape.width, hidden = shape.hidden();
  const at::Device device = shape.device;
  const auto vector = [=](const at::Tensor& values) {
    return values.to(device).requires_grad_(trained);
  };
  const auto matrix = [=](std::int64_t outputs, std::int64_t inputs) {
    return (at::randn({outputs, inputs}).div_(std::sqrt(static_cast<double>(inputs))))
        .to(device)
        .requires_grad_(trained);
  };
  return {.norm1_weight = vector(at::ones({width})),
          .norm1_bias = vector(at::zeros({width})),
          .qkv_weight = matrix(3 * width, width),
          .qkv_bias = vector(at::zeros({3 * width})),
          .proj_weight = matrix(width, width),
          .proj_bias = vector(at::zeros({width})),
          .norm2_weight = vector(at::ones({width})),
          .norm2_bias = vector(at::zeros({width})),
          .fc1_weight = matrix(hidden, width),
          .fc1_bias = vector(at::zeros({hidden})),
          .fc2_weight = matrix(width, hidden),
          .fc2_bias = vector(at::zeros({width}))};
}

at::Tensor random_tokens(const TokenShape& shape) {
  return at::randn({shape.batch, shape.tokens, shape.width}).to(at::Device(shape.device));
}

using BlockPath = at::Tensor (*)(const at::Tensor&, const ops::TransformerBlockWeights&,
                                 const ops::TransformerBlockOptions&, const ops::BranchScales&,
                                 const at::Tensor&);

OperationWays block_forward_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = random_tokens(shape);
  const auto weights = random_weights(shape, /*trained=*/false);
  const auto way = [=, heads = shape.heads](BlockPath path) {
    return [=] { return path(x, weights, {.heads = heads, .compute = compute}, {}, {}); };
  };
  return {way(ops::transformer_block), way(ops::transformer_block_reference)};
}

OperationWays block_step_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = random_tokens(shape);
  const at::Tensor outer = random_tokens(shape);
  const auto weights = random_weights(shape, /*trained=*/true);
  const auto way = [=, heads = shape.heads](BlockPath path) {
    return [=, leaf = x.clone().requires_grad_(true)] {
      path(leaf, weights, {.heads = heads, .compute = compute}, {}, {}).backward(outer);
      return leaf.grad();
    };
  };
  return {way(ops::transformer_block), way(ops::transformer_block_reference)};
}

}  // namespace

std::vector<OperationCase> block_cases(const TokenShape& shape, at::ScalarType compute) {
  const auto rows = static_cast<double>(shape.rows()), width = static_cast<double>(shape.width);
  const double forward = rows * width * (2 * 12 * width + 4 * static_cast<double>(shape.tokens));
  const std::string text = fmt::format("{}, {} heads", shape.text(), shape.heads);
  const char* reference = "plain ATen, autograd";
  return {{.operation = "block forward",
           .network = shape.network,
           .shape = text,
           .reference = reference,
           .flops = forward,
           .device = shape.device,
           .prepare = [=] { return block_forward_ways(shape, compute); }},
          {.operation = "block forward + backward",
           .network = shape.network,
           .shape = text,
           .reference = reference,
           .flops = 3 * forward,
           .device = shape.device,
           .prepare = [=] { return block_step_ways(shape, compute); }}};
}

}  // namespace dbot::tools
