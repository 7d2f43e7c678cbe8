#pragma once

#include <cstdint>

#include "dbot/runtime/named_tensors.h"
#include "dbot/train/capture/gradient_step.h"

namespace dbot::train {

/// A micro-batch as tensors: "batch.NAME", "offset.NAME", "draw.NAME", "sample_ids", "labels",
/// "epoch".
runtime::NamedTensors tensors_of(const MicroBatch& micro);
/// The inverse. Throws DataError naming what is missing.
MicroBatch micro_batch_of(const runtime::NamedTensors& tensors);

}  // namespace dbot::train
