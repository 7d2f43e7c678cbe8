#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "dbot/ops/backends.h"
#include "dbot/optim/adamw.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

constexpr double kLearningRate = 1e-4, kDecay = 0.05;

/// Matrices of `blocks` transformer blocks.
struct OptimizerShape {
  const char* name;
  std::int64_t blocks, width;

  std::int64_t values() const { return 12 * width * width * blocks; }
};

struct AdamTensors {
  at::Tensor value, gradient, exp_avg, exp_avg_sq;
};

/// A view for each matrix of the blocks, as a network in plain tensors has them.
std::vector<AdamTensors> split_into_matrices(const AdamTensors& flat, const OptimizerShape& shape) {
  std::vector<AdamTensors> parts;
  std::int64_t begin = 0;
  for (std::int64_t block = 0; block < shape.blocks; ++block) {
    for (const std::int64_t widths : {3, 1, 4, 4}) {  // qkv, proj, fc1, fc2
      const std::int64_t size = widths * shape.width * shape.width;
      const auto part = [&](const at::Tensor& whole) { return whole.narrow(0, begin, size); };
      parts.push_back(
          {part(flat.value), part(flat.gradient), part(flat.exp_avg), part(flat.exp_avg_sq)});
      begin += size;
    }
  }
  return parts;
}

/// Loshchilov & Hutter, arXiv 1711.05101, algorithm 2, one ATen call an operation.
void plain_adamw(const AdamTensors& t, const optim::OptimizerConfig& config, double steps) {
  const double beta1 = config.betas[0], beta2 = config.betas[1];
  const double correction1 = 1 - std::pow(beta1, steps), correction2 = 1 - std::pow(beta2, steps);
  t.value.mul_(1 - kLearningRate * config.weight_decay);
  t.exp_avg.lerp_(t.gradient, 1 - beta1);
  t.exp_avg_sq.mul_(beta2).addcmul_(t.gradient, t.gradient, 1 - beta2);
  const at::Tensor root = t.exp_avg_sq.sqrt().div_(std::sqrt(correction2)).add_(config.eps);
  t.value.addcdiv_(t.exp_avg, root, -kLearningRate / correction1);
}

OperationWays adamw_ways(const OptimizerShape& shape) {
  const optim::OptimizerConfig config{.weight_decay = kDecay};
  const std::int64_t size = shape.values();
  const AdamTensors flat{at::randn({size}), at::randn({size}), at::zeros({size}),
                         at::zeros({size})};
  at::Tensor our_value = flat.value.clone();
  at::Tensor our_gradient = flat.gradient.clone();
  const auto ours = std::make_shared<optim::AdamW>(
      std::vector<optim::ParameterGroup>{{our_value, our_gradient, kDecay, 1.0}}, config);
  const std::vector<AdamTensors> parts = split_into_matrices(flat, shape);
  const auto steps = std::make_shared<double>(0);
  return {[=] {
            ours->step(kLearningRate);
            return our_value;
          },
          [=] {
            ++*steps;
            for (const AdamTensors& part : parts) plain_adamw(part, config, *steps);
            return flat.value;
          },
          [=] { our_gradient.copy_(flat.gradient); }};  // which the step clears
}

/// Norm, update and clear gradients, beside LibTorch's fused kernel and passes of their own.
OperationWays whole_update_ways(const OptimizerShape& shape) {
  using Norm = double (*)(const at::Tensor&);
  using Update = void (*)(const ops::AdamWTensors&, const ops::AdamWOptions&);
  const std::int64_t size = shape.values();
  const at::Tensor gradient = at::randn({size}), start = at::randn({size});
  const at::Tensor cleared = gradient.clone();
  const auto way = [&](Norm norm, Update update) {
    const AdamTensors flat{start.clone(), cleared, at::zeros({size}), at::zeros({size})};
    const auto steps = std::make_shared<std::int64_t>(0);
    return [=] {
      const double scale = optim::Optimizer::clip_scale(std::sqrt(norm(flat.gradient)), 1.0);
      update({flat.value, flat.gradient, flat.exp_avg, flat.exp_avg_sq},
             {.learning_rate = kLearningRate,
              .weight_decay = kDecay,
              .gradient_scale = scale,
              .step = ++*steps});
      return flat.value;
    };
  };
  return {way(ops::sum_of_squares, ops::adamw_update),
          way(ops::sum_of_squares_reference, ops::adamw_update_reference),
          [=] { cleared.copy_(gradient); }};
}

/// torch.optim.SGD's formulas, one ATen call an operation.
void plain_sgd(const at::Tensor& value, const at::Tensor& direction, const at::Tensor& momentum,
               const optim::OptimizerConfig& config) {
  momentum.mul_(config.momentum).add_(direction);
  value.add_(momentum, -kLearningRate);
}

/// SGD or LARS of all matrices, beside one call an operation for each of them.
OperationWays momentum_ways(const OptimizerShape& shape, const optim::OptimizerConfig& config) {
  const std::int64_t size = shape.values();
  const at::Tensor gradient = at::randn({size}), start = at::randn({size});
  const at::Tensor ours_value = start.clone(), ours_gradient = gradient.clone();
  const AdamTensors flat{start, gradient, at::zeros({size}), at::zeros({size})};
  const std::vector<AdamTensors> parts = split_into_matrices(flat, shape);
  optim::ParameterGroup group{ours_value, ours_gradient, kDecay, 1.0};
  std::int64_t begin = 0;
  for (const AdamTensors& part : parts) {
    group.layers.push_back({begin, begin + part.value.numel()});
    begin += part.value.numel();
  }
  const std::shared_ptr<optim::Optimizer> ours = optim::make_optimizer({group}, config);
  const bool lars = config.kind == optim::OptimizerKind::lars;
  return {[=] {
            ours->step(kLearningRate);
            return ours_value;
          },
          [=] {
            for (const AdamTensors& part : parts) {
              at::Tensor direction = part.gradient.add(part.value, kDecay);
              if (lars) {
                direction.mul_(part.value.norm().div(direction.norm()));
                direction.mul_(config.trust_coefficient);
              }
              plain_sgd(part.value, direction, part.exp_avg, config);
            }
            return flat.value;
          },
          [=] { ours_gradient.copy_(gradient); }};  // which the step clears
}

OperationCase momentum_case(const OptimizerShape& shape, optim::OptimizerKind kind,
                            const char* name) {
  const optim::OptimizerConfig config = optim::default_config(kind);
  const auto values = static_cast<double>(shape.values());
  return {.operation = name,
          .network = "parameters of the blocks",
          .shape = fmt::format("{}, {:.1f} M values", shape.name, values / 1e6),
          .reference = "one call an operation",
          // The gradients' norm is no part of it.
          .bytes = (optim::cost_of(config).bytes - 4) * values,
          .prepare = [shape, config] { return momentum_ways(shape, config); }};
}

}  // namespace

std::vector<OperationCase> optimizer_cases() {
  std::vector<OperationCase> cases;
  // All blocks of tiny-32; of ViT-B/16 a part, for the sake of memory: the caches hold neither.
  for (const OptimizerShape& shape :
       {OptimizerShape{"dbot/tiny-32", 16, 192}, OptimizerShape{"ViT-B/16 (4 blocks)", 4, 768}}) {
    const auto values = static_cast<double>(shape.values());
    cases.push_back({.operation = "AdamW step",
                     .network = "parameters of the blocks",
                     .shape = fmt::format("{}, {:.1f} M values", shape.name, values / 1e6),
                     .reference = "one call an operation",
                     // Value and two moments are read and written, the gradient is read.
                     .bytes = 7 * 4 * values,
                     .prepare = [shape] { return adamw_ways(shape); }});
    cases.push_back({.operation = "gradient norm, AdamW step, clearing",
                     .network = "parameters of the blocks",
                     .shape = fmt::format("{}, {:.1f} M values", shape.name, values / 1e6),
                     .reference = "at::_fused_adamw_, norm, zero_",
                     // The norm reads the gradients once more, which are then written.
                     .bytes = 9 * 4 * values,
                     .prepare = [shape] { return whole_update_ways(shape); }});
    cases.push_back(momentum_case(shape, optim::OptimizerKind::sgd, "SGD step"));
    cases.push_back(momentum_case(shape, optim::OptimizerKind::lars, "LARS step"));
  }
  return cases;
}

}  // namespace dbot::tools
