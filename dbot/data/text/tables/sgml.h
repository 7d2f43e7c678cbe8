#pragma once

#include <string>
#include <string_view>
#include <vector>

// The SGML of Reuters-21578 (Lewis, "Reuters-21578 text categorization test collection", README
// 1.2), which is the one that is read: a file of documents <REUTERS …>…</REUTERS>, Latin-1, with
// entities.
namespace dbot::data {

struct NewsDocument {
  std::string id;          // NEWID
  std::string split;       // LEWISSPLIT: "TRAIN", "TEST", "NOT-USED"
  std::string has_topics;  // TOPICS: "YES", "NO", "BYPASS"
  std::vector<std::string> topics;
  std::string text;  // everything inside TEXT, tags replaced by blanks; UTF-8
};

/// `name` is the file's in messages. Throws DataError ("[data] NAME:LINE: reason") for a document,
/// tag, attribute or element that does not end, and for a file without a document.
std::vector<NewsDocument> parse_news(std::string_view content, std::string_view name);

}  // namespace dbot::data
