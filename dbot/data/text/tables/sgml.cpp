#include "dbot/data/text/tables/sgml.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "dbot/data/data_error.h"
#include "dbot/data/text/unicode.h"

namespace dbot::data {
namespace {

/// The character that "&NAME;" is, without its & and ;. Nothing for a name that is not known.
std::optional<char32_t> entity(std::string_view name) {
  if (name == "lt") return U'<';
  if (name == "gt") return U'>';
  if (name == "amp") return U'&';
  if (name == "quot") return U'"';
  if (name == "apos") return U'\'';
  if (!name.starts_with('#')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), value);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  const bool character = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  if (!whole || !character) return std::nullopt;
  // Control characters, which wire services put around texts.
  return value < 0x20 || (value >= 0x7F && value < 0xA0) ? U' ' : static_cast<char32_t>(value);
}

/// Latin-1 with entities as UTF-8; an & that begins no entity is itself.
std::string decoded(std::string_view text) {
  constexpr std::size_t kLongestEntity = 10;
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      const auto end = text.substr(0, i + kLongestEntity).find(';', i);
      const auto value =
          end == std::string_view::npos ? std::nullopt : entity(text.substr(i + 1, end - i - 1));
      if (value) {
        append_code_point(out, *value);
        i = end;
        continue;
      }
    }
    append_code_point(out, static_cast<unsigned char>(text[i]));
  }
  return out;
}

/// A text without what stands between < and >.
std::string without_tags(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto begin = std::min(text.find('<'), text.size());
    out.append(text.substr(0, begin));
    text.remove_prefix(begin);
    if (text.empty()) break;
    out += ' ';
    const auto end = text.find('>');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

class NewsParser {
 public:
  NewsParser(std::string_view content, std::string_view name) : content_(content), name_(name) {}

  std::vector<NewsDocument> parse() {
    constexpr std::string_view kBegin = "<REUTERS", kEnd = "</REUTERS>";
    std::vector<NewsDocument> documents;
    std::size_t place = content_.find(kBegin);
    while (place != std::string_view::npos) {
      const auto tag_end = content_.find('>', place);
      if (tag_end == std::string_view::npos) refuse(place, "a tag does not end");
      const auto end = content_.find(kEnd, tag_end);
      const auto next = content_.find(kBegin, tag_end);
      if (end == std::string_view::npos || next < end) {
        refuse(place, "a document does not end; is the file cut short?");
      }
      documents.push_back(document(place, tag_end, end));
      place = content_.find(kBegin, end);
    }
    if (documents.empty()) {
      throw data_error(name_, Fault::empty, "holds no document (<REUTERS …>)");
    }
    return documents;
  }

 private:
  NewsDocument document(std::size_t begin, std::size_t tag_end, std::size_t end) const {
    const std::string_view tag = content_.substr(begin, tag_end - begin);
    NewsDocument document{.id = attribute(tag, "NEWID", begin),
                          .split = attribute(tag, "LEWISSPLIT", begin),
                          .has_topics = attribute(tag, "TOPICS", begin),
                          .topics = {},
                          .text = {}};
    const std::string_view body = content_.substr(tag_end + 1, end - tag_end - 1);
    const auto topics = element(body, "TOPICS", begin);
    for (auto rest = topics.value_or(""); !rest.empty();) {
      const auto one = element(rest, "D", begin);
      if (!one) break;
      document.topics.push_back(decoded(*one));
      rest.remove_prefix(static_cast<std::size_t>(one->data() + one->size() - rest.data()));
    }
    // <TEXT>, or <TEXT TYPE="BRIEF">.
    document.text = decoded(without_tags(element(body, "TEXT", begin).value_or("")));
    return document;
  }

  /// The value of NAME="…" in a tag.
  std::string attribute(std::string_view tag, std::string_view name, std::size_t place) const {
    const std::string begin = fmt::format(" {}=\"", name);
    const auto at = tag.find(begin);
    if (at == std::string_view::npos) refuse(place, fmt::format("a document has no {}", name));
    const auto value = tag.substr(at + begin.size());
    const auto end = value.find('"');
    if (end == std::string_view::npos) refuse(place, fmt::format("{} does not end", name));
    return std::string(value.substr(0, end));
  }

  /// What stands in the first element of this name; nothing where there is none.
  std::optional<std::string_view> element(std::string_view body, std::string_view name,
                                          std::size_t place) const {
    std::size_t at = body.find(fmt::format("<{}", name));
    const std::size_t behind = at + 1 + name.size();
    if (at == std::string_view::npos || behind >= body.size()) return std::nullopt;
    if (body[behind] != '>' && body[behind] != ' ') return std::nullopt;
    const auto open = body.find('>', behind);
    const auto end = body.find(fmt::format("</{}>", name), behind);
    if (open == std::string_view::npos || end == std::string_view::npos || end < open) {
      refuse(place, fmt::format("{} of a document does not end", name));
    }
    return body.substr(open + 1, end - open - 1);
  }

  [[noreturn]] void refuse(std::size_t place, std::string_view reason) const {
    const auto line = 1 + std::ranges::count(content_.substr(0, place), '\n');
    throw data_error(fmt::format("{}:{}", name_, line), Fault::truncated, reason);
  }

  std::string_view content_, name_;
};

}  // namespace

std::vector<NewsDocument> parse_news(std::string_view content, std::string_view name) {
  return NewsParser(content, name).parse();
}

}  // namespace dbot::data
