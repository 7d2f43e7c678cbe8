#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/golden/harness/fixture.h"
#include "tests/golden/harness/limits.h"

namespace dbot::golden {

/// Equal types, extents and bits: also where elements are not numbers.
bool same_bits(const at::Tensor& ours, const at::Tensor& expected);

/// Collects what a case compares and remembers the worst ratio of error to limit. A case fails
/// where one comparison does, and for every tensor of its file that it neither read as an input nor
/// compared nor dismissed. What is a result by its name (out., g., grad., loss_, after., …) has to
/// be compared: reading it is not enough.
///
/// The key part of an attention's bias has a true gradient of zero, since softmax ignores a
/// constant added to a row. Its gradient is compared absolutely; what an optimizer makes of that
/// noise (weights, moments) is not compared.
class Comparison {
 public:
  /// The fixture must outlive the comparison.
  explicit Comparison(const Fixture& fixture) : fixture_(&fixture) {}
  Comparison() = default;  // for JSON tables

  /// Relative L2 error of a whole tensor against the fixture's tensor `name`.
  void tensor(const std::string& name, const at::Tensor& ours, double limit);
  /// Every element by itself; equal infinities and equal places of NaN agree.
  void elements(const std::string& name, const at::Tensor& ours, ElementLimit limit);
  /// Every element: abs(ours - expected) <= limit · max(1, abs(expected)).
  void scaled(const std::string& name, const at::Tensor& ours, double limit);
  /// Largest relative error of single numbers, for losses, norms and rates.
  void numbers(const std::string& name, const at::Tensor& ours, double limit);

  /// Weights or moments after a step, by relative L2, without the key part of an attention's bias.
  void parameter(const std::string& name, const at::Tensor& ours, double limit);
  /// By relative L2; the key part by its largest error as a share of the file's largest gradient.
  void gradient(const std::string& name, const at::Tensor& ours, double limit);
  /// Every element; the absolute limit is a share of the file's largest gradient and holds alone
  /// for the key part.
  void gradient(const std::string& name, const at::Tensor& ours, ElementLimit limit);

  /// All elements equal, NaN at the same places.
  void exact(const std::string& name, const at::Tensor& ours);
  /// The same where `where` is not zero; `where` has the tensor's shape and holds somewhere.
  void exact_where(const std::string& name, const at::Tensor& ours, const at::Tensor& where);
  /// By `same_bits`. `what` names the comparison, for instance with a file.
  void bits(const std::string& name, const at::Tensor& ours, const std::string& what);

  /// Equal tensors of our own; `exact` without the fixture.
  void equal(const std::string& what, const at::Tensor& ours, const at::Tensor& expected);
  void number(const std::string& what, double ours, double expected, double limit);
  void truth(const std::string& what, bool holds);

  /// A tensor that the case has no use for. Throws Error if there is none of that name or no word
  /// why.
  void dismiss(const std::string& name, const std::string& why);

  /// Fails for every tensor that was not looked at. To be called once, when the case is over.
  void finish();

  double error() const { return error_; }
  double limit() const { return limit_; }
  bool ok() const { return failures_.empty() && compared_ > 0; }
  /// What failed, one line each; "nothing was compared" where that is so.
  std::vector<std::string> failures() const;
  /// Tensors that were not looked at, after `finish`.
  const std::vector<std::string>& unseen() const { return unseen_; }
  /// Dismissed tensors with the word why.
  const std::map<std::string, std::string>& dismissed() const { return dismissed_; }

 private:
  using Allowed = std::function<double(double expected)>;

  void record(const std::string& what, double error, double limit);
  void each(const std::string& what, const at::Tensor& ours, const at::Tensor& expected,
            const Allowed& allowed);
  bool looked_at(const std::string& name) const;
  double largest_gradient();

  const Fixture* fixture_ = nullptr;
  std::set<std::string> seen_;
  std::map<std::string, std::string> dismissed_;
  std::vector<std::string> failures_, unseen_;
  std::optional<double> largest_gradient_;
  double error_ = 0, limit_ = 0, ratio_ = -1;
  int compared_ = 0;
};

}  // namespace dbot::golden
