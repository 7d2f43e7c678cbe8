#include "dbot/methods/classification/batch_labels.h"

#include <ATen/ops/tensor.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::methods {

at::Tensor labels_of(const data::Batch& batch) {
  const bool labelled = std::ranges::all_of(batch.labels, [](auto label) { return label >= 0; });
  if (std::ssize(batch.labels) != batch.size() || !labelled) {
    throw DataError({.operation = "classification",
                     .subject = "a batch",
                     .fault = Fault::unlabelled,
                     .reason = "holds samples without a label",
                     .way_out = "put images into class folders, or name a list with labels"});
  }
  return at::tensor(batch.labels, at::kLong);
}

}  // namespace dbot::methods
