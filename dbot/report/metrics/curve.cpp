#include "dbot/report/metrics/curve.h"

#include <cmath>

namespace dbot::report {
namespace {

// Of each group two points are drawn, and beside them the first and the last of the run.
constexpr std::size_t kMostGroups = (Curve::kMostPoints - 2) / 2;
// Thinning by more than two makes room for as many points as there were.
constexpr std::int64_t kFirstFactor = 4;
constexpr std::int64_t kLaterFactor = 2;

}  // namespace

void Curve::Group::add(const Group& later) {
  // A gap gives way to any number.
  if (count == 0 || (later.count > 0 && later.lowest.y < lowest.y)) lowest = later.lowest;
  if (count == 0 || (later.count > 0 && later.highest.y > highest.y)) highest = later.highest;
  x_sum += later.x_sum;
  y_sum += later.y_sum;
  count += later.count;
  values += later.values;
}

void Curve::add(double x, double y) {
  const bool finite = std::isfinite(y);
  const Point point{x, finite ? y : std::numeric_limits<double>::quiet_NaN()};
  const Group group{point, point, finite ? x : 0, finite ? y : 0, finite ? 1 : 0, 1};
  if (groups_.empty()) first_ = point;
  last_ = point;
  if (!groups_.empty() && groups_.back().values < stride_) {
    groups_.back().add(group);
    return;
  }
  if (stride_ == 1 && groups_.size() == kMostPoints) thin_out(kFirstFactor);
  if (stride_ > 1 && groups_.size() >= kMostGroups) thin_out(kLaterFactor);
  if (groups_.empty() || groups_.back().values >= stride_) {
    groups_.push_back(group);
  } else {
    groups_.back().add(group);
  }
}

void Curve::thin_out(std::int64_t factor) {
  stride_ *= factor;
  std::vector<Group> wider;
  for (const Group& group : groups_) {
    if (wider.empty() || wider.back().values >= stride_) {
      wider.push_back(group);
    } else {
      wider.back().add(group);
    }
  }
  groups_ = std::move(wider);
}

std::vector<Curve::Point> Curve::points() const {
  std::vector<Point> points;
  const auto append = [&points](const Point& point) {
    if (points.empty() || point.x > points.back().x) points.push_back(point);
  };
  if (groups_.empty()) return points;
  append(first_);
  for (const Group& group : groups_) {
    const bool rising = group.lowest.x < group.highest.x;
    append(rising ? group.lowest : group.highest);
    append(rising ? group.highest : group.lowest);
  }
  append(last_);
  return points;
}

std::vector<Curve::Mean> Curve::means() const {
  std::vector<Mean> means;
  for (const Group& group : groups_) {
    if (group.count == 0) continue;
    const auto count = static_cast<double>(group.count);
    means.push_back({group.x_sum / count, group.y_sum / count, group.count});
  }
  return means;
}

}  // namespace dbot::report
