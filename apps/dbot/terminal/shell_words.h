#pragma once

#include <string>
#include <vector>

namespace dbot::app {

/// `dbot WORDS…` as it can be pasted into a shell: words that the shell would read otherwise are
/// quoted.
std::string command_text(const std::vector<std::string>& words);

}  // namespace dbot::app
