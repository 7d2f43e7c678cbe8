#include "dbot/data/sources/list/list_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <span>
#include <utility>

#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

using Fields = std::vector<std::string>;

constexpr std::size_t kLongestLine = std::size_t{1} << 16;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

std::string_view without_spaces(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

constexpr std::array<std::string_view, 10> kPathNames{
    "path",  "file",       "file_name", "filename", "filepath",
    "image", "image_path", "img",       "video",    "video_path"};
constexpr std::array<std::string_view, 6> kLabelNames{"label",    "class",  "class_name",
                                                      "category", "target", "y"};

bool is_one_of(std::span<const std::string_view> names, std::string_view text) {
  return std::ranges::find(names, lower_case(std::string(text))) != names.end();
}

/// Whether a line has a field that names an image, or that heads a column of such names. Quotes
/// matter for what is between them alone.
bool shows_paths(Content content, std::string_view line, char separator) {
  const bool several = line.find(separator) != std::string_view::npos;
  while (!line.empty()) {
    auto field = without_spaces(line.substr(0, line.find(separator)));
    line.remove_prefix(std::min(line.find(separator), line.size() - 1) + 1);
    if (field.starts_with('"')) field.remove_prefix(1);
    if (field.ends_with('"')) field.remove_suffix(1);
    if (has_extension_of(content, field) || (several && is_one_of(kPathNames, field))) return true;
  }
  return false;
}

/// Which fields of a line are path and label; −1: there is none.
struct Columns {
  std::size_t count = 0;  // of a line; 0: one or two
  int path = 0, label = 1;
};

class ListParser {
 public:
  ListParser(ListKind kind, std::string_view name, LabelReader& labels, Content content)
      : kind_(kind),
        content_(content),
        separator_(kind == ListKind::commas ? ',' : '\t'),
        name_(name),
        labels_(labels) {}

  std::vector<ListEntry> run(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      ++line_;
      add(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::move(entries_);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw data_error(fmt::format("{}:{}", name_, line_), Fault::corrupt, what);
  }

  bool names_sample(std::string_view field) const { return has_extension_of(content_, field); }

  void add(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kLongestLine) fail(fmt::format("has more than {} bytes", kLongestLine));
    if (line.find('\0') != std::string_view::npos) fail("holds a byte 0; this is no list of files");
    if (without_spaces(line).empty() || line.front() == '#') return;
    if (kind_ == ListKind::text) return add_text(without_spaces(line));
    if (!begun_) find_separator(line);
    Fields fields = split(line);
    const bool names_image = std::ranges::any_of(
        fields, [this](const std::string& field) { return names_sample(field); });
    if (!std::exchange(begun_, true) && !names_image) return read_header(std::move(fields));
    if (columns_.count == 0) join_path(fields);
    add_fields(std::move(fields));
  }

  /// Programs write others than the ending says: another one counts if it alone shows paths.
  void find_separator(std::string_view line) {
    if (shows_paths(content_, line, separator_)) return;
    for (const char other : {';', '\t', ','}) {
      const bool there = line.find(other) != std::string_view::npos;
      if (!there || !shows_paths(content_, line, other)) continue;
      separator_ = other;
      return;
    }
  }

  /// Without a header: a path with separators in it goes up to the field that ends like an image's
  /// name.
  void join_path(Fields& fields) const {
    const auto ends = std::ranges::find_if(
        fields, [this](const std::string& field) { return names_sample(field); });
    if (ends == fields.end()) return;
    for (auto part = fields.begin() + 1; part <= ends; ++part) {
      fields.front() += separator_ + *part;
    }
    fields.erase(fields.begin() + 1, ends + 1);
  }

  void add_text(std::string_view line) {
    const auto take = [&](std::size_t at) {
      const auto path = without_spaces(line.substr(0, at)),
                 label = without_spaces(line.substr(at + 1));
      if (path.empty()) fail("has no path");
      entries_.push_back({std::string(path), labels_.of_text(label), line_});
    };
    if (const auto tab = line.find('\t'); tab != std::string_view::npos) return take(tab);
    if (!names_sample(line)) {
      // Names and labels may hold commas and spaces: what ends like an image's name is the path.
      for (auto at = line.find_last_of(", "); at != std::string_view::npos && at > 0;
           at = line.find_last_of(", ", at - 1)) {
        if (names_sample(line.substr(0, at))) return take(at);
      }
      for (const char separator : {',', ' '}) {
        const auto at = line.rfind(separator);
        if (at != std::string_view::npos) return take(at);
      }
    }
    entries_.push_back({std::string(line), {}, line_});
  }

  Fields split(std::string_view line) const {
    Fields fields(1);
    bool quoted = false, was_quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char letter = line[i];
      if (quoted) {
        if (letter != '"') {
          fields.back() += letter;
        } else if (i + 1 < line.size() && line[i + 1] == '"') {
          fields.back() += line[i++];
        } else {
          quoted = false;
        }
      } else if (letter == separator_) {
        fields.emplace_back();
        was_quoted = false;
      } else if (letter == '"' && fields.back().empty() && !was_quoted) {
        quoted = was_quoted = true;
      } else if (was_quoted && letter != ' ') {
        fail("goes on behind a closing quote; a quote within quotes is written \"\"");
      } else if (!was_quoted) {
        fields.back() += letter;
      }
    }
    if (quoted) fail("has a quote that is not closed");
    return fields;
  }

  static int find_column(const Fields& header, std::span<const std::string_view> names) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (is_one_of(names, without_spaces(header[i]))) return static_cast<int>(i);
    }
    return -1;
  }

  void read_header(Fields header) {
    columns_.count = header.size();
    columns_.path = find_column(header, kPathNames);
    columns_.label = find_column(header, kLabelNames);
    if (columns_.path >= 0) return;
    fail(fmt::format(
        "is no {}'s name, and as a header has no column of paths: {}; call it \"path\", and "
        "separate fields by {}",
        word_of(content_), fmt::join(header, ", "), kind_ == ListKind::commas ? "commas" : "tabs"));
  }

  void add_fields(Fields fields) {
    const bool expected =
        columns_.count == 0 ? fields.size() <= 2 : fields.size() == columns_.count;
    if (!expected) {
      fail(fmt::format(
          "has {} fields, expected {}; quote a name that holds the separator", fields.size(),
          columns_.count == 0 ? "a path and a label" : std::to_string(columns_.count)));
    }
    const auto field = [&](int column) {
      const auto at = static_cast<std::size_t>(column);
      return column < 0 || at >= fields.size() ? std::string()
                                               : std::string(without_spaces(fields[at]));
    };
    ListEntry entry{field(columns_.path), labels_.of_text(field(columns_.label)), line_};
    if (entry.path.empty()) fail("has no path");
    entries_.push_back(std::move(entry));
  }

  ListKind kind_;
  Content content_;
  char separator_;  // of fields
  std::string_view name_;
  std::int64_t line_ = 0;
  bool begun_ = false;
  Columns columns_;
  LabelReader& labels_;
  std::vector<ListEntry> entries_;
};

}  // namespace

std::vector<ListEntry> parse_list(std::string_view text, ListKind kind, std::string_view name,
                                  LabelReader& labels, Content content) {
  return ListParser(kind, name, labels, content).run(text);
}

std::vector<ListEntry> parse_list(std::string_view text, ListKind kind, std::string_view name) {
  LabelReader labels;
  return parse_list(text, kind, name, labels);
}

ListKind kind_of_list(const std::filesystem::path& path) {
  const std::string extension = lower_case(path.extension().string());
  return extension == ".csv"   ? ListKind::commas
         : extension == ".tsv" ? ListKind::tabs
                               : ListKind::text;
}

bool is_list_name(const std::filesystem::path& path) {
  const std::string extension = lower_case(path.extension().string());
  return extension == ".txt" || extension == ".csv" || extension == ".tsv";
}

}  // namespace dbot::data
