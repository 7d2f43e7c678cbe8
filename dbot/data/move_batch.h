#pragma once

#include <utility>

#include "dbot/data/batch.h"
#include "dbot/runtime/device.h"

namespace dbot::data {

/// The batch with its tensors on a device (runtime::move_to).
inline Batch move_to(Batch batch, const runtime::Device& device) {
  batch.tensors = runtime::move_to(std::move(batch.tensors), device);
  batch.offsets = runtime::move_to(std::move(batch.offsets), device);
  return batch;
}

}  // namespace dbot::data
