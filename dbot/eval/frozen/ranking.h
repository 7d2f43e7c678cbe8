#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "dbot/core/stop.h"

namespace dbot::eval {

/// The rank of a class that is no guess at all.
inline constexpr std::int64_t kUnranked = std::numeric_limits<std::int64_t>::max();

/// Place of class `label` among `classes` scores, 0 = first: how many are higher, or equal and of a
/// lower class number.
template <typename Score>
std::int64_t rank_of(const Score* scores, std::int64_t classes, std::int64_t label) {
  const Score own = scores[label];
  std::int64_t rank = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    rank += (scores[c] > own || (scores[c] == own && c < label)) ? 1 : 0;
  }
  return rank;
}

struct Accuracy {
  double top1 = 0, top5 = 0;  // percent of the labelled samples
};

/// From the rank of each sample's true class. Samples with label −1 do not count.
Accuracy accuracy_of_ranks(const std::vector<std::int64_t>& ranks, const at::Tensor& labels);

/// Of a classifier: `logits` takes float32 [rows, width], a block at a time, and gives [rows,
/// classes]. Throws Stopped, naming `operation`, when asked to stop.
Accuracy accuracy_of(const char* operation,
                     const std::function<at::Tensor(const at::Tensor&)>& logits,
                     const at::Tensor& features, const at::Tensor& labels, std::int64_t classes,
                     const core::StopRequest& stop);

}  // namespace dbot::eval
