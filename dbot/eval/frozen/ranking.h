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
