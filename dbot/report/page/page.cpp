#include "dbot/report/page/page.h"

#include <map>
#include <span>
#include <string_view>

#include "dbot/core/files/files.h"
#include "dbot/report/page/page_assets.h"

namespace dbot::report {
namespace {

std::string data_of(const std::vector<std::string>& runs, const std::string& reference) {
  std::string data = "{\"version\":1,\"runs\":[";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i > 0) data += ",";
    data += runs[i];
  }
  data += "]";
  if (!reference.empty()) data += ",\"reference\":" + reference;
  return data + "}";
}

// Replaces each {{mark}} of the template; what is put in is not looked at again.
std::string filled(std::string_view text,
                   const std::map<std::string_view, std::string_view>& parts) {
  std::string page;
  for (std::size_t mark; (mark = text.find("{{")) != std::string_view::npos;) {
    const std::size_t end = text.find("}}", mark);
    page += text.substr(0, mark);
    page += parts.at(text.substr(mark + 2, end - mark - 2));
    text.remove_prefix(end + 2);
  }
  return page += text;
}

std::string page_of(std::string_view script, const std::string& data) {
  // Scripts and styles without this mark do not run. It depends on the data, so nothing in them can
  // know it, and the same run gives the same page.
  const std::string nonce = core::checksum(std::as_bytes(std::span(data)));
  return filled(page_template(), {{"nonce", nonce},
                                  {"style", page_style()},
                                  {"chart", chart_library()},
                                  {"script", script},
                                  {"data", data}});
}

}  // namespace

std::string page_html(const std::vector<std::string>& runs, const std::string& reference) {
  return page_of(page_script(), data_of(runs, reference));
}

std::string check_page_html(const std::string& data) {
  return page_of(check_script(), data);
}

std::string search_page_html(const std::string& data) {
  return page_of(search_script(), data);
}

}  // namespace dbot::report
