#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace dbot::data {

/// The names in a list of images to leave out: one a line, as they are; lines that begin with # are
/// remarks, empty ones are passed over. "./" before a name is not part of it.
std::unordered_set<std::string> parse_leave_out(std::string_view text);

}  // namespace dbot::data
