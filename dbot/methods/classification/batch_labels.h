#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/data/batch.h"

namespace dbot::methods {

/// int64 [batch], in the machine's own memory. Throws DataError for a batch of which any sample has
/// no label.
at::Tensor labels_of(const data::Batch& batch);

}  // namespace dbot::methods
