#pragma once

#include <memory>

#include "dbot/methods/capabilities/classifying_capability.h"
#include "dbot/methods/held_out.h"

namespace dbot::methods {

/// What a classifier says of held-out samples: "top1" in percent, which decides; "top5" in percent
/// where there are more than five classes; "loss", the mean cross entropy against the labels as
/// they are, nothing mixed or smoothed. Without samples all are NaN. A logit that is no number is
/// never right. Adding throws DataError for a batch of which any sample has no label. `classifier`
/// outlives the result and may have no network yet.
std::unique_ptr<HeldOutMeasure> measure_accuracy(const ClassifyingCapability& classifier);

}  // namespace dbot::methods
