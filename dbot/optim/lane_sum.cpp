#include "dbot/optim/lane_sum.h"

#include <ATen/ops/empty_like.h>

#include <iterator>
#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/lane_fold.h"

namespace dbot::optim {

LaneSum::LaneSum(std::int64_t lanes) : lanes_(lanes) {
  if (lanes >= 1 && (lanes & (lanes - 1)) == 0) return;
  throw Error({.operation = "lanes",
               .subject = "their number in a process, " + std::to_string(lanes) + ",",
               .fault = Fault::unsupported,
               .reason = "is no power of two"});
}

void LaneSum::add(const at::Tensor& gradients) {
  // As adding one to a binary number carries: this lane ends as many subtrees as its number ends
  // with ones.
  std::size_t ended = 0;
  for (std::int64_t number = done_; number % 2 == 1; number /= 2) ++ended;
  ++done_;
  const std::vector<at::Tensor> partials(sums_.rbegin(),
                                         sums_.rbegin() + static_cast<std::ptrdiff_t>(ended));
  sums_.resize(sums_.size() - ended);
  free_.insert(free_.end(), partials.begin(), partials.end());
  if (done_ == lanes_) {
    done_ = 0;
    if (ended > 0) ops::fold_lane(gradients, partials, gradients);
    return;
  }
  const at::Tensor target = free_buffer(gradients);
  ops::fold_lane(gradients, partials, target);
  sums_.push_back(target);
}

void LaneSum::restart() {
  done_ = 0;
  free_.insert(free_.end(), sums_.begin(), sums_.end());
  sums_.clear();
}

at::Tensor LaneSum::free_buffer(const at::Tensor& like) {
  if (free_.empty()) return at::empty_like(like);
  at::Tensor buffer = free_.back();
  free_.pop_back();
  return buffer;
}

}  // namespace dbot::optim
