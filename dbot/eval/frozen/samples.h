#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/stop.h"

// What every protocol asks of its features and labels. `operation` ("knn") and `which` ("training")
// name them in messages.
namespace dbot::eval {

/// Throws Error unless `features` is [samples, width] and everywhere finite.
void check_features(const char* operation, const at::Tensor& features, const char* which);

/// Throws Error unless `labels` is int64 with one entry a row of `features` and all below
/// `classes`; throws DataError if none is ≥ 0.
void check_labels(const char* operation, const at::Tensor& features, const at::Tensor& labels,
                  std::int64_t classes, const char* which);

/// Throws Stopped once that is asked for. `operation` as above.
void throw_if_stopped(const char* operation, const core::StopRequest& stop);

/// Rows whose label is not −1, int64 [labelled].
at::Tensor labelled_rows(const at::Tensor& labels);

}  // namespace dbot::eval
