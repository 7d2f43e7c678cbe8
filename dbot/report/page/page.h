#pragma once

#include <string>
#include <vector>

namespace dbot::report {

/// The page as one HTML document that asks the network for nothing: data of one run, or of several
/// that are compared, each a text of PageData::json. `reference`: of one run, what is drawn behind
/// its curves, a text of read_reference; may be empty.
std::string page_html(const std::vector<std::string>& runs, const std::string& reference = {});

/// The same of a data set's check: the text of `check_page_data`.
std::string check_page_html(const std::string& data);

/// The same of a search: the text of `search_page_data`.
std::string search_page_html(const std::string& data);

}  // namespace dbot::report
