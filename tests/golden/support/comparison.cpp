#include "tests/golden/support/comparison.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <array>
#include <cmath>
#include <limits>

namespace dbot::golden {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor as_double(const at::Tensor& tensor) {
  return tensor.detach().to(at::kDouble);
}

double length_of(const at::Tensor& tensor) {
  return at::linalg_vector_norm(tensor).item<double>();
}

double relative_l2(const at::Tensor& ours, const at::Tensor& expected) {
  if (!ours.defined() || ours.sizes() != expected.sizes()) return kInfinity;
  const at::Tensor reference = as_double(expected);
  const double difference = length_of(as_double(ours) - reference), scale = length_of(reference);
  return scale > 0 ? difference / scale : difference;
}

at::Tensor without_key_third(const at::Tensor& bias) {
  const std::int64_t width = bias.size(0) / 3;
  return at::cat({bias.slice(0, 0, width), bias.slice(0, 2 * width)});
}

bool is_expected(const std::string& name) {
  constexpr std::array kPrefixes{"out.", "g.",   "g_raw.", "g_norm.",
                                 "act.", "opt.", "reset.", "switch"};
  for (const char* prefix : kPrefixes) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace

void Comparison::record(const std::string& what, double error, double limit) {
  ++compared_;
  double ratio = error == 0 ? 0 : error / limit;
  if (std::isnan(ratio)) ratio = kInfinity;
  if (ratio <= ratio_) return;
  ratio_ = ratio;
  error_ = error;
  limit_ = limit;
  worst_ = what;
}

void Comparison::tensor(const std::string& name, const at::Tensor& ours, double limit) {
  seen(name);
  record(name, relative_l2(ours, fixture_->at(name)), limit);
}

void Comparison::parameter(const std::string& name, const at::Tensor& ours, double limit) {
  if (!name.ends_with("qkv.bias")) return tensor(name, ours, limit);
  seen(name);
  const at::Tensor& expected = fixture_->at(name);
  const bool comparable = ours.defined() && ours.sizes() == expected.sizes();
  record(name,
         comparable ? relative_l2(without_key_third(ours), without_key_third(expected)) : kInfinity,
         limit);
}

void Comparison::numbers(const std::string& name, const at::Tensor& ours, double limit) {
  seen(name);
  const at::Tensor expected = as_double(fixture_->at(name)).reshape(-1);
  const at::Tensor values = as_double(ours).reshape(-1);
  if (values.numel() != expected.numel()) return record(name, kInfinity, limit);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    number(name + "[" + std::to_string(i) + "]", values[i].item<double>(),
           expected[i].item<double>(), limit);
  }
}

void Comparison::exact(const std::string& name, const at::Tensor& ours) {
  seen(name);
  equal(name, ours, fixture_->at(name));
}

void Comparison::equal(const std::string& what, const at::Tensor& ours,
                       const at::Tensor& expected) {
  if (!ours.defined() || ours.sizes() != expected.sizes()) return record(what, kInfinity, 0);
  record(what, (as_double(ours) != as_double(expected)).sum().item<double>(), 0);
}

void Comparison::number(const std::string& what, double ours, double expected, double limit) {
  if (std::isnan(ours) && std::isnan(expected)) return record(what, 0, limit);
  const double difference = std::abs(ours - expected);
  record(what, expected != 0 ? difference / std::abs(expected) : difference, limit);
}

void Comparison::truth(const std::string& what, bool holds) {
  record(what, holds ? 0 : 1, 0);
}

void Comparison::finish() {
  if (fixture_ == nullptr) return;
  for (const auto& [name, tensor] : fixture_->tensors) {
    if (is_expected(name) && !seen_.contains(name))
      record(name + " was not compared", kInfinity, 0);
  }
}

}  // namespace dbot::golden
