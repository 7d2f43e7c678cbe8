#pragma once

#include "dbot/runtime/named_tensors.h"
#include "dbot/runtime/process_group/group.h"

namespace dbot::train {

/// Compares checksums of what the ranks should have alike. All ranks call it. Throws Error on the
/// first rank, naming the one that differs; the others hear of that.
void require_same(runtime::Group& group, const runtime::NamedTensors& tensors, std::int64_t step);

}  // namespace dbot::train
