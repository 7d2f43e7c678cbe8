#include "dbot/runtime/launch/node_list.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/runtime/launch/variable_reader.h"

namespace dbot::runtime {
namespace {

[[noreturn]] void refuse_list(std::string_view list, const char* expected) {
  throw UsageError(ErrorFields{.operation = "processes",
                               .subject = fmt::format("Slurm's list \"{}\"", list),
                               .fault = Fault::corrupt,
                               .reason = fmt::format("cannot be read, expected {}", expected),
                               .way_out = "give rank 0's host by MASTER_ADDR"});
}

/// Digits alone; nothing for anything else, and for more than nine of them.
std::optional<int> digits_of(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  int value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && last == text.data() + text.size();
  return whole && text.front() != '-' ? std::optional(value) : std::nullopt;
}

/// Pieces between separators that stand outside of brackets.
std::vector<std::string_view> pieces_of(std::string_view text, char open, char close) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      pieces.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (text[i] == open) {
      ++depth;
    } else if (text[i] == close) {
      --depth;
    }
  }
  return pieces;
}

/// "01-03,7" is 01, 02, 03, 7: as many digits as the first number of a range has.
std::vector<std::string> numbers_of(std::string_view ranges, std::string_view list) {
  constexpr const char* kExpected = "numbers and rising ranges in brackets";
  std::vector<std::string> numbers;
  for (const std::string_view range : pieces_of(ranges, '[', ']')) {
    const std::size_t dash = range.find('-');
    const std::string_view low = range.substr(0, dash);
    const auto first = digits_of(low);
    const auto last = dash == std::string_view::npos ? first : digits_of(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last - *first >= kMostRanks) {
      refuse_list(list, kExpected);
    }
    for (int i = *first; i <= *last; ++i) {
      numbers.push_back(fmt::format("{:0{}}", i, low.size()));
    }
  }
  return numbers;
}

/// A name with brackets: each beginning so far with each of the next numbers.
std::vector<std::string> expand_name(std::string_view name, std::string_view list) {
  std::vector<std::string> names{""};
  while (!name.empty()) {
    const std::size_t open = name.find('[');
    for (std::string& begun : names) begun += name.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = name.find(']', open);
    if (close == std::string_view::npos) refuse_list(list, "each [ to have its ]");
    const auto numbers = numbers_of(name.substr(open + 1, close - open - 1), list);
    if (names.size() * numbers.size() > kMostRanks) refuse_list(list, "at most 65,536 names");
    std::vector<std::string> longer;
    for (const std::string& begun : names) {
      for (const std::string& number : numbers) longer.push_back(begun + number);
    }
    names = std::move(longer);
    name.remove_prefix(close + 1);
  }
  return names;
}

}  // namespace

std::vector<std::string> expand_node_list(std::string_view list) {
  std::vector<std::string> names;
  for (const std::string_view name : pieces_of(list, '[', ']')) {
    const std::size_t first = name.find_first_of("[]");
    if (name.empty() || (first != std::string_view::npos && name[first] == ']')) {
      refuse_list(list, "names of nodes with commas between");
    }
    for (std::string& one : expand_name(name, list)) names.push_back(std::move(one));
    if (names.size() > kMostRanks) refuse_list(list, "at most 65,536 names");
  }
  return names;
}

std::vector<int> expand_task_counts(std::string_view list) {
  constexpr const char* kExpected = "counts such as 2(x3),1";
  std::vector<int> counts;
  for (const std::string_view piece : pieces_of(list, '(', ')')) {
    const std::size_t open = piece.find("(x");
    const auto tasks = digits_of(piece.substr(0, open));
    std::optional<int> times = 1;
    if (open != std::string_view::npos) {
      if (!piece.ends_with(')')) refuse_list(list, kExpected);
      times = digits_of(piece.substr(open + 2, piece.size() - open - 3));
    }
    if (!tasks || !times || counts.size() + static_cast<std::size_t>(*times) > kMostRanks) {
      refuse_list(list, kExpected);
    }
    counts.insert(counts.end(), static_cast<std::size_t>(*times), *tasks);
  }
  return counts;
}

}  // namespace dbot::runtime
