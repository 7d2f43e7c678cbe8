#include "dbot/train/capture/scalar_means.h"

#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::train {

void ScalarMeans::add(const std::vector<std::pair<std::string, at::Tensor>>& scalars) {
  for (const auto& [name, tensor] : scalars) {
    if (!tensor.defined() || tensor.numel() != 1) {
      throw Error({.operation = "train",
                   .subject = fmt::format("the method's figure '{}'", name),
                   .reason = fmt::format("has {} values, expected one",
                                         tensor.defined() ? tensor.numel() : 0)});
    }
    const at::Tensor value = tensor.detach().reshape({}).to(at::kDouble);
    const auto known = std::ranges::find(sums_, name, &Sum::name);
    if (known == sums_.end()) {
      sums_.push_back({.name = name, .value = value, .count = 1});
    } else {
      // A sum of its own: the first value may be memory of the method.
      known->value = known->value.add(value.to(known->value.device()));
      ++known->count;
    }
  }
}

std::vector<std::pair<std::string, double>> ScalarMeans::read() const {
  std::vector<std::pair<std::string, double>> means;
  if (sums_.empty()) return means;
  // Some may be on the host and others on a device; one copy brings them all here.
  const auto device = sums_.back().value.device();
  std::vector<at::Tensor> values;
  for (const Sum& sum : sums_) values.push_back(sum.value.to(device));
  const at::Tensor all = at::stack(values).cpu();
  const double* value = all.const_data_ptr<double>();
  for (const Sum& sum : sums_)
    means.emplace_back(sum.name, *value++ / static_cast<double>(sum.count));
  return means;
}

}  // namespace dbot::train
