#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "dbot/data/batch.h"

namespace dbot::methods {

/// Rows `first` … `first + count` − 1 of a batch (data/text/tables/labelled_rows.h), written out:
/// float32 [count, width]. `prefix` stands before the names of the parts. Throws DataError for a
/// place beyond the width.
at::Tensor dense_rows(const data::Batch& batch, const std::string& prefix, std::int64_t first,
                      std::int64_t count, std::int64_t width);

}  // namespace dbot::methods
