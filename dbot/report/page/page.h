#pragma once

#include <string>
#include <vector>

namespace dbot::report {

/// The page as one HTML document that asks the network for nothing: data of one run, or of several
/// that are compared, each a text of PageData::json.
std::string page_html(const std::vector<std::string>& runs);

/// The same of a data set's check: the text of `check_page_data`.
std::string check_page_html(const std::string& data);

/// The same of a search: the text of `search_page_data`.
std::string search_page_html(const std::string& data);

}  // namespace dbot::report
