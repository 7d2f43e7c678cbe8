#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/runtime/process_group/group.h"

// Bytes of any length between the ranks of a group. All ranks call these, as its collectives.
namespace dbot::runtime {

/// On rank 0 the text of each rank, by rank; empty on the others.
std::vector<std::string> gather_texts(Group& group, std::string_view text);

/// The text of rank 0, on all.
std::string broadcast_text(Group& group, std::string_view text);

}  // namespace dbot::runtime
