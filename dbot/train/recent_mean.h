#pragma once

#include <cstddef>
#include <deque>
#include <numeric>

namespace dbot::train {

/// The mean of the last `window` values.
class RecentMean {
 public:
  explicit RecentMean(std::size_t window) : window_(window) {}

  void add(double value) {
    values_.push_back(value);
    if (values_.size() > window_) values_.pop_front();
  }
  /// 0 before the first value.
  double mean() const {
    if (values_.empty()) return 0;
    return std::accumulate(values_.begin(), values_.end(), 0.0) /
           static_cast<double>(values_.size());
  }

 private:
  std::size_t window_;
  std::deque<double> values_;
};

}  // namespace dbot::train
