#pragma once

#include <string_view>

// What the page is made of; the definitions are made from assets/ by EmbedAssets.cmake.
namespace dbot::report {

std::string_view page_template();  // HTML with {{marks}}
std::string_view page_style();
std::string_view chart_library();
std::string_view page_script();   // of a run's page
std::string_view check_script();  // of a data set's page
std::string_view search_script();

}  // namespace dbot::report
