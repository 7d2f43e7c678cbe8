#pragma once

#include <string>
#include <vector>

#include "dbot/runtime/process_group/group.h"

namespace dbot::runtime {

/// Something that has to be the same in all processes of a run: the hash of its recipe, its seed,
/// the program's version, the fingerprint of its data, the compute threads.
struct Fact {
  std::string name, value;
};

/// Compares the facts of all ranks with those of rank 0, by the store. All ranks call it once,
/// before anything is written. Throws UsageError on every rank if one differs: it names that rank,
/// the fact and both values.
void check_agreement(Group& group, const std::vector<Fact>& facts);

}  // namespace dbot::runtime
