#include "dbot/data/text/tables/tab_separated.h"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <unordered_map>

#include "dbot/core/files/files.h"
#include "dbot/data/data_error.h"
#include "dbot/data/text/captions/separated_rows.h"

namespace dbot::data {
namespace {

class LabelPlaces {
 public:
  explicit LabelPlaces(const std::vector<std::string>& labels) : count_(labels.size()) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      places_.emplace(labels[i], static_cast<std::int32_t>(i));
    }
  }

  /// Of one word of a field; −1 where it names no label.
  std::int32_t of(const std::string& word) const {
    if (const auto named = places_.find(word); named != places_.end()) return named->second;
    std::size_t place = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), place);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    return whole && place < count_ ? static_cast<std::int32_t>(place) : -1;
  }

 private:
  std::unordered_map<std::string, std::int32_t> places_;
  std::size_t count_;
};

std::vector<std::int32_t> labels_in(const std::string& field, const LabelPlaces& places,
                                    const std::string& where) {
  std::set<std::int32_t> found;
  for (std::size_t begin = 0; begin < field.size();) {
    const std::size_t end = std::min(field.find(',', begin), field.size());
    const std::string word = field.substr(begin, end - begin);
    const std::int32_t place = places.of(word);
    if (place < 0) {
      throw data_error(
          where, Fault::mismatch,
          fmt::format("\"{}\" is neither a name in labels.txt nor a place in it", word));
    }
    found.insert(place);
    begin = end + 1;
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> lines_of_file(const std::filesystem::path& file) {
  const std::string content = core::read_text_file(file);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    std::string line = content.substr(begin, end - begin);
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

bool holds_text_tables(const std::filesystem::path& folder) {
  for (const char* file : {"train.tsv", "test.tsv", "labels.txt"}) {
    if (!std::filesystem::is_regular_file(folder / file)) return false;
  }
  return true;
}

LabelledTexts parse_text_table(std::string_view content, std::string_view name,
                               const std::vector<std::string>& labels) {
  const LabelPlaces places(labels);
  LabelledTexts texts;
  SeparatedRows rows(content, '\t', name);
  std::size_t fields = 0;
  while (const auto row = rows.next()) {
    const std::string where = fmt::format("{}:{}", name, rows.line());
    if (fields == 0) fields = row->size();
    if (row->size() != fields || fields < 2) {
      throw data_error(where, Fault::corrupt,
                       fmt::format("has {} fields, expected {}", row->size(),
                                   fields < 2 ? "a text and its labels with a tab between"
                                              : fmt::format("{} as the first row", fields)));
    }
    texts.add((*row)[0], where, labels_in((*row)[1], places, where));
  }
  if (texts.size() == 0) throw data_error(name, Fault::empty, "holds no text");
  return texts;
}

LabelledTextParts read_text_tables(const std::filesystem::path& folder) {
  LabelledTextParts parts{.kind = "tab-separated",
                          .labels = lines_of_file(folder / "labels.txt"),
                          .train = {},
                          .test = {}};
  if (std::set<std::string>(parts.labels.begin(), parts.labels.end()).size() !=
          parts.labels.size() ||
      parts.labels.empty()) {
    throw data_error((folder / "labels.txt").string(), Fault::corrupt,
                     "holds no labels, or one of them twice; expected a name a line");
  }
  const auto read = [&](const char* file) {
    const auto path = folder / file;
    return parse_text_table(core::read_text_file(path), path.string(), parts.labels);
  };
  parts.train = read("train.tsv");
  parts.test = read("test.tsv");
  return parts;
}

}  // namespace dbot::data
