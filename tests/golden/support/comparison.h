#pragma once

#include <ATen/core/Tensor.h>

#include <set>
#include <string>

#include "tests/golden/support/fixture.h"

namespace dbot::golden {

/// The limits of the fixtures' documentation.
namespace limits {
constexpr double value = 1e-5;        // activations, predictions, targets: relative L2 a tensor
constexpr double loss = 1e-6;         // relative
constexpr double gradient = 3e-5;     // relative L2 a tensor
constexpr double step_loss = 1e-5;    // of a trajectory, relative
constexpr double step_norm = 2e-5;    // of a trajectory, relative
constexpr double step_weight = 1e-4;  // of a trajectory: weights and moments, relative L2 a tensor
constexpr double rate = 1e-9;         // learning rates, relative
}  // namespace limits

/// Collects what a case compares and remembers the worst ratio of error to limit. It also knows
/// which expected tensors were never looked at: those make the case fail.
class Comparison {
 public:
  explicit Comparison(const Fixture& fixture) : fixture_(&fixture) {}
  Comparison() = default;  // for JSON tables

  /// Relative L2 error of a whole tensor against the fixture's tensor `name`.
  void tensor(const std::string& name, const at::Tensor& ours, double limit);
  /// The same for `name` = …qkv.bias without its key third, whose true gradient is zero.
  void parameter(const std::string& name, const at::Tensor& ours, double limit);
  /// Largest relative error of single numbers, for losses, norms and rates.
  void numbers(const std::string& name, const at::Tensor& ours, double limit);
  /// All elements equal.
  void exact(const std::string& name, const at::Tensor& ours);
  /// Bit-equal tensors of our own.
  void equal(const std::string& what, const at::Tensor& ours, const at::Tensor& expected);
  void number(const std::string& what, double ours, double expected, double limit);
  void truth(const std::string& what, bool holds);
  /// `name` need not be compared: it was looked at in another way.
  void seen(const std::string& name) { seen_.insert(name); }

  /// Fails for every expected tensor (out., g…, act., opt., reset., switch….) that was not
  /// compared.
  void finish();

  double error() const { return error_; }
  double limit() const { return limit_; }
  bool ok() const { return ratio_ <= 1 && compared_ > 0; }
  const std::string& worst() const { return worst_; }

 private:
  void record(const std::string& what, double error, double limit);

  const Fixture* fixture_ = nullptr;
  std::set<std::string> seen_;
  double error_ = 0, limit_ = 0, ratio_ = -1;
  int compared_ = 0;
  std::string worst_ = "nothing was compared";
};

}  // namespace dbot::golden
