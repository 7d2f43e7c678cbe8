#include "dbot/data/sources/label_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

namespace dbot::data {
namespace {

constexpr double kLargestExact = 9007199254740992.0;  // 2^53

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

/// "3" of "3.0" or "3.": Pandas and NumPy write whole numbers so.
std::string_view whole_part(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !all_digits(text.substr(0, dot))) return text;
  const auto behind = text.substr(dot + 1);
  return std::ranges::all_of(behind, [](char digit) { return digit == '0'; }) ? text.substr(0, dot)
                                                                              : text;
}

}  // namespace

std::string LabelReader::of_text(std::string_view text) {
  text = without_blanks(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    const auto members = without_blanks(text.substr(1, text.size() - 2));
    if (members.find_first_of(", \t") != std::string_view::npos) {
      add_list();
      return {};
    }
    text = members;
  }
  return std::string(whole_part(text));
}

std::string LabelReader::of_number(double number) {
  if (std::isfinite(number) && number == std::floor(number) && number >= 0 &&
      number < kLargestExact) {
    return std::to_string(static_cast<std::int64_t>(number));
  }
  if (std::isnan(number) || number == -1) return {};  // as usual where there is no label
  if (fractions_++ == 0) first_fraction_ = fmt::format("{}", number);
  return {};
}

std::string LabelReader::trouble() const {
  std::string text;
  if (lists_ > 0) {
    text = fmt::format("{} labels are lists of several and are left out; an image has one class",
                       lists_);
  }
  if (fractions_ > 0) {
    text += fmt::format(
        "{}{} labels are numbers that name no class, such as {}, and are left out; "
        "write whole numbers or words",
        text.empty() ? "" : "; ", fractions_, first_fraction_);
  }
  return text;
}

LabelReader& LabelReader::operator+=(const LabelReader& other) {
  lists_ += other.lists_;
  if (fractions_ == 0) first_fraction_ = other.first_fraction_;
  fractions_ += other.fractions_;
  return *this;
}

}  // namespace dbot::data
