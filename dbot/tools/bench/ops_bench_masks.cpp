#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <fmt/format.h>

#include "dbot/ops/backends.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

constexpr double kDensity = 0.1;

OperationWays mask_ways(std::int64_t elements) {
  const at::Tensor scores = at::randn({elements});
  const std::int64_t left_out = ops::left_out(elements, kDensity);
  return {[=] { return ops::top_fraction_mask(scores, kDensity); },
          [=] { return ops::top_mask_reference(scores, left_out); }};
}

}  // namespace

std::vector<OperationCase> mask_cases() {
  struct MaskedShape {
    const char* network;
    const char* shape;
    std::int64_t elements;
  };
  std::vector<OperationCase> cases;
  for (const MaskedShape& layer :
       {MaskedShape{"LeNet, first layer", "300 x 784", 300 * 784},
        MaskedShape{"ResNet-18 of 20 channels, last block", "160 x 160 x 3 x 3", 160 * 160 * 9},
        MaskedShape{"ResNet-50, last block", "512 x 512 x 3 x 3", 512 * 512 * 9}}) {
    cases.push_back({.operation = "mask of the largest scores",
                     .network = layer.network,
                     .shape = layer.shape,
                     .reference = "argsort, scatter",
                     // Scores are read, and a byte each is written.
                     .bytes = 5.0 * static_cast<double>(layer.elements),
                     .prepare = [elements = layer.elements] { return mask_ways(elements); }});
  }
  return cases;
}

}  // namespace dbot::tools
