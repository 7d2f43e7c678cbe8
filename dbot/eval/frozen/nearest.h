#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

// The nearest of many rows, as k-NN classification and the search for images look for them.
namespace dbot::eval {

struct Neighbour {
  float similarity = 0;
  std::int64_t index = 0;
};

/// Keeps the nearest of candidates that come in rising order of their index; of equal ones the
/// earlier are kept. Memory is that of the kept ones.
class Nearest {
 public:
  /// Keeps at most so many, at least one.
  explicit Nearest(std::int64_t most);

  /// Candidates `first` to `first + count`.
  void offer(const float* similarities, std::int64_t count, std::int64_t first = 0);
  /// What was kept, nearest first, ties by index. What is offered next begins anew.
  const std::vector<Neighbour>& sorted();

 private:
  std::size_t most_;
  std::vector<Neighbour> kept_;  // once it is full, a heap with the farthest one on top
  bool begins_anew_ = false;
};

/// Rows of unit length, float32: [rows, width].
at::Tensor normalised_rows(const at::Tensor& features);

}  // namespace dbot::eval
