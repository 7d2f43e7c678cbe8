#pragma once

#include <string>
#include <vector>

namespace dbot::report {

/// The page as one HTML document that asks the network for nothing: data of one run, or of several
/// that are compared, each a text of PageData::json.
std::string page_html(const std::vector<std::string>& runs);

}  // namespace dbot::report
