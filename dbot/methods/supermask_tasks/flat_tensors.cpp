#include "dbot/methods/supermask_tasks/flat_tensors.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <functional>
#include <numeric>

#include "dbot/core/error.h"

namespace dbot::methods {
namespace {

std::int64_t elements_of(const nn::ParameterSpec& spec) {
  return std::accumulate(spec.shape.begin(), spec.shape.end(), std::int64_t{1},
                         std::multiplies<>());
}

}  // namespace

at::Tensor flatten(const runtime::NamedTensors& tensors,
                   const std::vector<nn::ParameterSpec>& specs) {
  const at::NoGradGuard no_graph;
  std::vector<at::Tensor> parts;
  parts.reserve(specs.size());
  for (const nn::ParameterSpec& spec : specs) {
    parts.push_back(tensors.at(spec.name).detach().flatten());
  }
  return parts.empty() ? at::empty({0}, at::kFloat) : at::cat(parts);
}

runtime::NamedTensors spread(const at::Tensor& flat, const std::vector<nn::ParameterSpec>& specs) {
  const std::int64_t expected =
      std::accumulate(specs.begin(), specs.end(), std::int64_t{0},
                      [](auto sum, const auto& spec) { return sum + elements_of(spec); });
  if (flat.dim() != 1 || flat.numel() != expected) {
    throw DataError({.operation = "supermasks",
                     .subject = "the stored state",
                     .fault = Fault::mismatch,
                     .reason = fmt::format("has {} numbers of a task where {} belong", flat.numel(),
                                           expected)});
  }
  runtime::NamedTensors tensors;
  std::int64_t begin = 0;
  for (const nn::ParameterSpec& spec : specs) {
    tensors.emplace(spec.name, flat.narrow(0, begin, elements_of(spec)).view(spec.shape));
    begin += elements_of(spec);
  }
  return tensors;
}

}  // namespace dbot::methods
