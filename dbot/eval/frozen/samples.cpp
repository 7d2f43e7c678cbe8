#include "dbot/eval/frozen/samples.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/nonzero.h>
#include <fmt/format.h>

#include "dbot/core/error.h"

namespace dbot::eval {

void check_features(const char* operation, const at::Tensor& features, const char* which) {
  if (features.dim() != 2 || features.size(1) < 1) {
    throw Error(fmt::format("[{}] the {} features are no matrix, expected [samples, width]",
                            operation, which));
  }
  // One sum a row shows every NaN and infinity without a second matrix. Values whose sum overflows
  // are of no use either.
  if (!features.to(at::kFloat).sum(1).isfinite().all().item<bool>()) {
    throw Error(
        fmt::format("[{}] the {} features are not finite; the network has diverged, go back "
                    "to an earlier checkpoint",
                    operation, which));
  }
}

void check_labels(const char* operation, const at::Tensor& features, const at::Tensor& labels,
                  std::int64_t classes, const char* which) {
  if (labels.scalar_type() != at::kLong || labels.dim() != 1 ||
      labels.size(0) != features.size(0)) {
    throw Error(fmt::format("[{}] {} labels are not one whole number for each of {} samples",
                            operation, which, features.size(0)));
  }
  if (labels.numel() == 0 || labels.max().item<std::int64_t>() < 0) {
    throw DataError({.operation = operation,
                     .fault = Fault::unlabelled,
                     .reason = fmt::format("no {} sample has a label", which),
                     .way_out = "put images into class folders"});
  }
  if (const auto highest = labels.max().item<std::int64_t>(); highest >= classes) {
    throw Error(fmt::format("[{}] a {} label is {}, expected less than {} classes", operation,
                            which, highest, classes));
  }
}

void throw_if_stopped(const char* operation, const core::StopRequest& stop) {
  if (!stop.requested()) return;
  throw Stopped(ErrorFields{.operation = operation,
                            .reason = "stopped on request; nothing of this work is kept"});
}

at::Tensor labelled_rows(const at::Tensor& labels) {
  return at::nonzero(labels.ge(0)).flatten();
}

}  // namespace dbot::eval
