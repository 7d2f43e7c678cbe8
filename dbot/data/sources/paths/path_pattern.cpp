#include "dbot/data/sources/paths/path_pattern.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTexts = 100000;

[[noreturn]] void fail_on_pattern(const std::string& pattern, std::string_view what,
                                  Fault fault = Fault::other) {
  throw data_error(pattern, fault, what);
}

std::optional<std::int64_t> whole_number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc{} || end != text.end() || value < 0) return std::nullopt;
  return value;
}

/// "000..127": all numbers, with at least as many digits as the first has.
std::optional<std::vector<std::string>> numbers_in(std::string_view inside,
                                                   const std::string& pattern) {
  const auto dots = inside.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto first = whole_number_in(inside.substr(0, dots));
  const auto last = whole_number_in(inside.substr(dots + 2));
  if (!first || !last || *last < *first) {
    fail_on_pattern(pattern,
                    fmt::format("{{{}}} is no range, expected one such as {{000..127}}", inside));
  }
  if (*last - *first >= static_cast<std::int64_t>(kMostTexts)) {
    fail_on_pattern(pattern,
                    fmt::format("{{{}}} stands for more than {} files", inside, kMostTexts));
  }
  std::vector<std::string> numbers;
  for (auto value = *first; value <= *last; ++value) {
    numbers.push_back(fmt::format("{:0{}}", value, dots));
  }
  return numbers;
}

std::vector<std::string> words_in(std::string_view inside) {
  std::vector<std::string> words(1);
  for (const char letter : inside) {
    if (letter == ',')
      words.emplace_back();
    else
      words.back() += letter;
  }
  return words;
}

struct GlobResult {
  glob_t found{};
  ~GlobResult() { ::globfree(&found); }
};

void add_matches(const std::string& wanted, std::vector<fs::path>& files) {
  std::error_code ignored;
  if (fs::exists(wanted, ignored)) {
    files.emplace_back(wanted);
    return;
  }
  GlobResult result;
  const int code = ::glob(wanted.c_str(), GLOB_NOSORT, nullptr, &result.found);
  if (code != 0) fail_on_pattern(wanted, "does not exist", Fault::missing);
  const auto begin = files.size();
  for (std::size_t i = 0; i < result.found.gl_pathc; ++i) {
    files.emplace_back(result.found.gl_pathv[i]);
  }
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(begin), files.end());
}

}  // namespace

bool is_path_pattern(const fs::path& path) {
  std::error_code ignored;
  return path.string().find_first_of("{*?[") != std::string::npos && !fs::exists(path, ignored);
}

std::vector<std::string> expand_braces(const std::string& pattern) {
  std::vector<std::string> texts{""};
  std::string_view rest = pattern;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    for (auto& text : texts) text += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = rest.find('}', open);
    if (close == std::string_view::npos) fail_on_pattern(pattern, "has a brace that is not closed");
    const auto inside = rest.substr(open + 1, close - open - 1);
    if (inside.find('{') != std::string_view::npos) {
      fail_on_pattern(pattern, "has braces within braces, expected {000..127} or {a,b}");
    }
    const auto choices = numbers_in(inside, pattern).value_or(words_in(inside));
    if (texts.size() * choices.size() > kMostTexts) {
      fail_on_pattern(pattern, fmt::format("stands for more than {} files", kMostTexts));
    }
    std::vector<std::string> longer;
    for (const auto& text : texts) {
      for (const auto& choice : choices) longer.push_back(text + choice);
    }
    texts = std::move(longer);
    rest.remove_prefix(close + 1);
  }
  return texts;
}

std::vector<fs::path> expand_pattern(const fs::path& pattern) {
  std::vector<fs::path> files;
  for (const auto& text : expand_braces(pattern.string())) add_matches(text, files);
  return files;
}

}  // namespace dbot::data
