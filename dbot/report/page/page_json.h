#pragma once

#include <nlohmann/json.hpp>
#include <string>

// What the pages' data are made of. Private to the report: it shows nlohmann's types.
namespace dbot::report {

using PageJson = nlohmann::ordered_json;

/// The document as part of a page: ASCII without <, > and &, so that no text in it is markup.
std::string page_json_text(const PageJson& document);

}  // namespace dbot::report
