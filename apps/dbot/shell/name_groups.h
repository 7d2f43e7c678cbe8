#pragma once

#include <string>
#include <vector>

namespace dbot::app {

/// Names that differ in the number of a block alone as one: "blocks.0…11.norm1.weight". In the
/// order of their first appearance.
std::vector<std::string> grouped_names(const std::vector<std::string>& names);

/// How many names there are of each first part behind `prefix`, or behind the root where they do
/// not begin with it: "decoder_blocks (96)".
std::vector<std::string> counted_parts(const std::vector<std::string>& names,
                                       const std::string& prefix);

}  // namespace dbot::app
