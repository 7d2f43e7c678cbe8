#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/runtime/process_group/group.h"

namespace dbot::tools {

/// How long the processes of a group take for something that they do together, until the last has
/// it.
struct CollectiveTime {
  std::string name;    // "sum", "ring", "reduce_scatter", "all_gather", "broadcast", "minimum"
  double seconds = 0;  // median of the rounds
  std::int64_t bytes_sent = 0;      // a round, by all processes together, as the kernel counts them
  std::int64_t bytes_computed = 0;  // what the tensors alone make
};

/// Times collectives on a flat float32 buffer of so many bytes, after one round that does not
/// count. All ranks call it and get the same. Throws Error if a sum is wrong.
std::vector<CollectiveTime> time_collectives(runtime::Group& group, std::int64_t bytes,
                                             std::int64_t rounds);

}  // namespace dbot::tools
