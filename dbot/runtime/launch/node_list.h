#pragma once

#include <string>
#include <string_view>
#include <vector>

// The short forms in which Slurm writes lists (scontrol show hostnames expands the same).
namespace dbot::runtime {

/// The names of nodes: "a[01-03,7],b" is a01, a02, a03, a7, b. A name may have several brackets;
/// the last one counts fastest. Throws UsageError for brackets that do not match, ranges that fall
/// and lists of more than 65,536 names.
std::vector<std::string> expand_node_list(std::string_view list);

/// Tasks of each node: "2(x3),1" is 2, 2, 2, 1. Throws UsageError for anything else.
std::vector<int> expand_task_counts(std::string_view list);

}  // namespace dbot::runtime
