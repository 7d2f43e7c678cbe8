#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dbot::train {

/// One figure over the micro-batches that have it.
struct ScalarSum {
  std::string name;
  double sum = 0;
  std::int64_t count = 0;
};

/// Those of both, in the order in which their names came first.
std::vector<ScalarSum> merged(std::vector<ScalarSum> sums, const std::vector<ScalarSum>& more);

std::vector<std::pair<std::string, double>> means_of(const std::vector<ScalarSum>& sums);

/// Sums of the figures that a method reports beside its loss, over the micro-batches of one step.
/// A figure that some micro-batches lack counts those that have it.
class ScalarSums {
 public:
  /// Adds the figures of one micro-batch; they stay on their device. Throws Error for a tensor that
  /// is not one number.
  void add(const std::vector<std::pair<std::string, at::Tensor>>& scalars);

  /// In the order in which their names came first. Waits for the device once.
  std::vector<ScalarSum> read() const;
  /// The same in two parts, between which they may be on their way to the host: the sums as they
  /// lie, float64 without dimension, and what they are when `values` has as many.
  std::vector<at::Tensor> values() const;
  std::vector<ScalarSum> named(const double* values) const;

 private:
  struct Sum {
    std::string name;
    at::Tensor value;  // float64, no dimension
    std::int64_t count = 0;
  };
  std::vector<Sum> sums_;
};

}  // namespace dbot::train
