#include "dbot/methods/clip_classification/join_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>

namespace dbot::methods {

at::Tensor join_views(const at::Tensor& logits, std::int64_t views) {
  if (views == 1) return logits;
  return at::softmax(logits, 1).view({-1, views, logits.size(1)}).mean(1).log();
}

}  // namespace dbot::methods
