#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace dbot::report {

/// One figure over the steps of a run, of any length in bounded memory: the first 2,000 points are
/// kept as they are; of a longer run, each group of steps keeps its lowest and highest point and
/// its mean. A value that is not finite is a gap.
class Curve {
 public:
  struct Point {
    double x = 0, y = 0;  // y is NaN for a gap
  };
  struct Mean {
    double x = 0, y = 0;     // of the group: middle and mean
    std::int64_t count = 0;  // finite values in it
  };
  static constexpr std::size_t kMostPoints = 2000;

  /// `x` rises from call to call.
  void add(double x, double y);

  /// What to draw, by x: at most `kMostPoints`, the first, the last and all extremes among them.
  std::vector<Point> points() const;
  /// The mean of every group that has a finite value; without thinning, every finite point.
  std::vector<Mean> means() const;
  /// Steps a point of `points` stands for: 1 as long as nothing was thinned out.
  std::int64_t stride() const { return stride_; }
  bool empty() const { return groups_.empty(); }
  double last() const { return last_.y; }

 private:
  struct Group {
    Point lowest, highest;
    double x_sum = 0, y_sum = 0;
    std::int64_t count = 0;   // finite values
    std::int64_t values = 0;  // all values
    void add(const Group& later);
  };

  void thin_out(std::int64_t factor);

  std::vector<Group> groups_;
  Point first_, last_;
  std::int64_t stride_ = 1;
};

}  // namespace dbot::report
