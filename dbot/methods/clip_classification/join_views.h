#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::methods {

/// What several clips say of a video together: the logarithm of the mean of their probabilities,
/// float32 [videos, classes]. logits: float32 [videos · views, classes], those of a video one
/// behind the other; of one view they are the result. docs/methods/mae_st.md §8.
at::Tensor join_views(const at::Tensor& logits, std::int64_t views);

}  // namespace dbot::methods
