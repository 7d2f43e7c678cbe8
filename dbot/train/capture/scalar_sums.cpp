#include "dbot/train/capture/scalar_sums.h"

#include <ATen/ops/stack.h>
#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::train {

std::vector<ScalarSum> merged(std::vector<ScalarSum> sums, const std::vector<ScalarSum>& more) {
  for (const ScalarSum& one : more) {
    const auto known = std::ranges::find(sums, one.name, &ScalarSum::name);
    if (known == sums.end()) {
      sums.push_back(one);
    } else {
      known->sum += one.sum;
      known->count += one.count;
    }
  }
  return sums;
}

std::vector<std::pair<std::string, double>> means_of(const std::vector<ScalarSum>& sums) {
  std::vector<std::pair<std::string, double>> means;
  means.reserve(sums.size());
  for (const ScalarSum& one : sums) {
    means.emplace_back(one.name, one.sum / static_cast<double>(one.count));
  }
  return means;
}

void ScalarSums::add(const std::vector<std::pair<std::string, at::Tensor>>& scalars) {
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

std::vector<at::Tensor> ScalarSums::values() const {
  std::vector<at::Tensor> values;
  values.reserve(sums_.size());
  for (const Sum& sum : sums_) values.push_back(sum.value);
  return values;
}

std::vector<ScalarSum> ScalarSums::named(const double* values) const {
  std::vector<ScalarSum> sums;
  sums.reserve(sums_.size());
  for (const Sum& sum : sums_) sums.push_back({sum.name, *values++, sum.count});
  return sums;
}

std::vector<ScalarSum> ScalarSums::read() const {
  if (sums_.empty()) return {};
  // Some may be on the host and others on a device; one copy brings them all here.
  const auto device = sums_.back().value.device();
  std::vector<at::Tensor> all = values();
  for (at::Tensor& value : all) value = value.to(device);
  const at::Tensor here = at::stack(all).cpu();
  return named(here.const_data_ptr<double>());
}

}  // namespace dbot::train
