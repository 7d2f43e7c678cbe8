#include "dbot/eval/frozen/nearest.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace dbot::eval {
namespace {

/// True if `a` is the nearer one; equal similarities go to the lower index.
bool nearer(const Neighbour& a, const Neighbour& b) {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.index < b.index;
}

}  // namespace

Nearest::Nearest(std::int64_t most) : most_(static_cast<std::size_t>(most)) {
  kept_.reserve(most_);
}

void Nearest::offer(const float* similarities, std::int64_t count, std::int64_t first) {
  if (begins_anew_) kept_.clear();
  begins_anew_ = false;
  std::int64_t i = 0;
  for (; i < count && kept_.size() < most_; ++i) {
    kept_.push_back({similarities[i], first + i});
    if (kept_.size() == most_) std::make_heap(kept_.begin(), kept_.end(), nearer);
  }
  for (; i < count; ++i) {
    // Indices rise: a later one enters only if it is strictly nearer.
    if (similarities[i] <= kept_.front().similarity) continue;
    std::pop_heap(kept_.begin(), kept_.end(), nearer);
    kept_.back() = {similarities[i], first + i};
    std::push_heap(kept_.begin(), kept_.end(), nearer);
  }
}

const std::vector<Neighbour>& Nearest::sorted() {
  std::sort(kept_.begin(), kept_.end(), nearer);
  begins_anew_ = true;
  return kept_;
}

at::Tensor normalised_rows(const at::Tensor& features) {
  const at::Tensor rows = features.to(at::kFloat);
  return rows.div(rows.norm(2, /*dim=*/1, /*keepdim=*/true).clamp_min(1e-12));
}

}  // namespace dbot::eval
