#include "tests/golden/harness/comparison.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "dbot/core/error.h"
#include "tests/golden/harness/tensor_names.h"

namespace dbot::golden {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor as_double(const at::Tensor& tensor) {
  return tensor.detach().cpu().to(at::kDouble);
}

double length_of(const at::Tensor& tensor) {
  return at::linalg_vector_norm(tensor).item<double>();
}

double relative_l2(const at::Tensor& ours, const at::Tensor& expected) {
  const at::Tensor reference = as_double(expected);
  const double difference = length_of(as_double(ours) - reference), scale = length_of(reference);
  return scale > 0 ? difference / scale : difference;
}

bool same_shape(const at::Tensor& ours, const at::Tensor& expected) {
  return ours.defined() && ours.sizes() == expected.sizes();
}

double ratio_of(double error, double limit) {
  if (error == 0) return 0;
  const double ratio = error / limit;
  return std::isnan(ratio) ? kInfinity : ratio;
}

double largest_of(const at::Tensor& tensor) {
  return tensor.numel() == 0 ? 0 : as_double(tensor).abs().max().item<double>();
}

std::int64_t differences(const at::Tensor& found, const at::Tensor& wanted) {
  const at::Tensor ours = found.cpu(), expected = wanted.cpu();
  const auto integral = [](const at::Tensor& tensor) {
    return c10::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
  };
  if (integral(ours) && integral(expected)) {
    return (ours.to(at::kLong) != expected.to(at::kLong)).sum().item<std::int64_t>();
  }
  const at::Tensor left = as_double(ours), right = as_double(expected);
  const at::Tensor agree = (left == right).logical_or(left.isnan().logical_and(right.isnan()));
  return agree.logical_not().sum().item<std::int64_t>();
}

}  // namespace

bool same_bits(const at::Tensor& ours, const at::Tensor& expected) {
  if (!same_shape(ours, expected) || ours.scalar_type() != expected.scalar_type()) return false;
  const at::Tensor left = ours.cpu().contiguous(), right = expected.cpu().contiguous();
  return left.nbytes() == 0 ||
         std::memcmp(left.const_data_ptr(), right.const_data_ptr(), left.nbytes()) == 0;
}

void Comparison::record(const std::string& what, double error, double limit) {
  ++compared_;
  const double ratio = ratio_of(error, limit);
  if (ratio > 1)
    failures_.push_back(fmt::format("{}: error {:.2e}, at most {:.2e}", what, error, limit));
  if (ratio <= ratio_) return;
  ratio_ = ratio;
  error_ = error;
  limit_ = limit;
}

void Comparison::each(const std::string& what, const at::Tensor& ours, const at::Tensor& expected,
                      const Allowed& allowed) {
  // A single number may be stored with or without its one dimension.
  const bool single = ours.defined() && ours.numel() == 1 && expected.numel() == 1;
  if (!single && !same_shape(ours, expected)) return record(what + ": shape", kInfinity, 0);
  const at::Tensor left = as_double(ours).contiguous(), right = as_double(expected).contiguous();
  const double *mine = left.const_data_ptr<double>(), *theirs = right.const_data_ptr<double>();
  std::int64_t worst = 0;
  double worst_ratio = -1, worst_error = 0, worst_limit = 0;
  for (std::int64_t i = 0; i < left.numel(); ++i) {
    const bool agree = mine[i] == theirs[i] || (std::isnan(mine[i]) && std::isnan(theirs[i]));
    const double error = agree ? 0 : std::abs(mine[i] - theirs[i]), limit = allowed(theirs[i]);
    const double ratio = ratio_of(error, limit);
    if (ratio <= worst_ratio) continue;
    worst = i;
    worst_ratio = ratio;
    worst_error = error;
    worst_limit = limit;
  }
  record(fmt::format("{}, element {}", what, worst), worst_error, worst_limit);
}

void Comparison::tensor(const std::string& name, const at::Tensor& ours, double limit) {
  seen_.insert(name);
  const at::Tensor& expected = fixture_->peek(name);
  record(name, same_shape(ours, expected) ? relative_l2(ours, expected) : kInfinity, limit);
}

void Comparison::elements(const std::string& name, const at::Tensor& ours, ElementLimit limit) {
  seen_.insert(name);
  each(name, ours, fixture_->peek(name),
       [&](double value) { return limit.absolute + limit.relative * std::abs(value); });
}

void Comparison::scaled(const std::string& name, const at::Tensor& ours, double limit) {
  seen_.insert(name);
  each(name, ours, fixture_->peek(name),
       [&](double value) { return limit * std::max(1.0, std::abs(value)); });
}

void Comparison::numbers(const std::string& name, const at::Tensor& ours, double limit) {
  seen_.insert(name);
  const at::Tensor expected = as_double(fixture_->peek(name)).reshape(-1);
  const at::Tensor values = as_double(ours).reshape(-1);
  if (values.numel() != expected.numel()) return record(name, kInfinity, limit);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    number(name + "[" + std::to_string(i) + "]", values[i].item<double>(),
           expected[i].item<double>(), limit);
  }
}

void Comparison::parameter(const std::string& name, const at::Tensor& ours, double limit) {
  seen_.insert(name);
  const at::Tensor& expected = fixture_->peek(name);
  const KeyPart part = key_part(name);
  record(name,
         same_shape(ours, expected)
             ? relative_l2(without_key(ours, part), without_key(expected, part))
             : kInfinity,
         limit);
}

void Comparison::gradient(const std::string& name, const at::Tensor& ours, double limit) {
  parameter(name, ours, limit);
  const at::Tensor& expected = fixture_->peek(name);
  const KeyPart part = key_part(name);
  if (part == KeyPart::none || !same_shape(ours, expected)) return;
  const double error =
      largest_of(as_double(key_of(ours, part)) - as_double(key_of(expected, part)));
  record(name + ", keys", error, limit * largest_gradient());
}

void Comparison::gradient(const std::string& name, const at::Tensor& ours, ElementLimit limit) {
  seen_.insert(name);
  const at::Tensor& expected = fixture_->peek(name);
  const double absolute = limit.absolute * largest_gradient();
  const Allowed allowed = [&](double value) { return absolute + limit.relative * std::abs(value); };
  const KeyPart part = key_part(name);
  if (part == KeyPart::none || !same_shape(ours, expected))
    return each(name, ours, expected, allowed);
  each(name, without_key(ours, part), without_key(expected, part), allowed);
  each(name + ", keys", key_of(ours, part), key_of(expected, part),
       [&](double) { return absolute; });
}

void Comparison::exact(const std::string& name, const at::Tensor& ours) {
  seen_.insert(name);
  equal(name, ours, fixture_->peek(name));
}

void Comparison::exact_where(const std::string& name, const at::Tensor& ours,
                             const at::Tensor& where) {
  seen_.insert(name);
  const at::Tensor& expected = fixture_->peek(name);
  const at::Tensor mask = where.cpu().to(at::kBool);
  if (!same_shape(ours, expected) || !same_shape(mask, expected))
    return record(name + ": shape", kInfinity, 0);
  if (!mask.any().item<bool>()) return record(name + ": the mask is empty", kInfinity, 0);
  equal(name, ours.cpu().masked_select(mask), expected.masked_select(mask));
}

void Comparison::bits(const std::string& name, const at::Tensor& ours, const std::string& what) {
  seen_.insert(name);
  truth(what, same_bits(ours, fixture_->peek(name)));
}

void Comparison::equal(const std::string& what, const at::Tensor& ours,
                       const at::Tensor& expected) {
  if (!same_shape(ours, expected)) return record(what + ": shape", kInfinity, 0);
  record(what, static_cast<double>(differences(ours, expected)), 0);
}

void Comparison::number(const std::string& what, double ours, double expected, double limit) {
  if (std::isnan(ours) && std::isnan(expected)) return record(what, 0, limit);
  const double difference = std::abs(ours - expected);
  record(what, expected != 0 ? difference / std::abs(expected) : difference, limit);
}

void Comparison::truth(const std::string& what, bool holds) {
  record(what, holds ? 0 : 1, 0);
}

void Comparison::dismiss(const std::string& name, const std::string& why) {
  fixture_->peek(name);
  if (why.empty()) throw Error("[golden] " + name + " is dismissed without a word why");
  dismissed_[name] = why;
}

bool Comparison::looked_at(const std::string& name) const {
  return seen_.contains(name) || dismissed_.contains(name) ||
         (fixture_->was_read(name) && !is_result(name));
}

void Comparison::finish() {
  if (fixture_ == nullptr) return;
  for (const std::string& name : fixture_->names()) {
    if (looked_at(name)) continue;
    unseen_.push_back(name);
    record(name + (is_result(name) ? " was not compared" : " was neither read nor compared"),
           kInfinity, 0);
  }
}

std::vector<std::string> Comparison::failures() const {
  if (failures_.empty() && compared_ == 0) return {"nothing was compared"};
  return failures_;
}

double Comparison::largest_gradient() {
  if (largest_gradient_) return *largest_gradient_;
  double largest = 0;
  for (const std::string& name : fixture_->names()) {
    if (is_gradient(name)) largest = std::max(largest, largest_of(fixture_->peek(name)));
  }
  largest_gradient_ = largest;
  return largest;
}

}  // namespace dbot::golden
