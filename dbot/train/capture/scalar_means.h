#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dbot::train {

/// Means of the figures that a method reports beside its loss, over the micro-batches of one step.
/// A figure that some micro-batches lack is the mean over those that have it.
class ScalarMeans {
 public:
  /// Adds the figures of one micro-batch; they stay on their device. Throws Error for a tensor that
  /// is not one number.
  void add(const std::vector<std::pair<std::string, at::Tensor>>& scalars);

  /// In the order in which their names came first. Waits for the device once.
  std::vector<std::pair<std::string, double>> read() const;

 private:
  struct Sum {
    std::string name;
    at::Tensor value;  // float64, no dimension
    std::int64_t count = 0;
  };
  std::vector<Sum> sums_;
};

}  // namespace dbot::train
