#pragma once

#include <optional>

#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/ranks/ranks.h"

namespace dbot::train {

/// The checkpoint that the first rank has read, on all: only it has the run's folder. All ranks
/// call it.
std::optional<Checkpoint> share_checkpoint(Ranks& ranks, std::optional<Checkpoint> of_first);

}  // namespace dbot::train
