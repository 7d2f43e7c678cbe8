#include "dbot/data/text/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "dbot/data/text/unicode.h"

namespace dbot::data {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

utf8proc_category_t category_of(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

bool is_space(char32_t c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
  if (c < 0x80) return false;
  const auto category = category_of(c);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

/// Of what is no space.
bool is_dropped(char32_t c) {
  if (c == U'\uFFFD') return true;
  switch (category_of(c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

/// The blocks of ideographs that BERT's tokenizer names; Hangul and Kana are written in words.
bool is_ideograph(char32_t c) {
  struct Block {
    char32_t first, last;
  };
  constexpr std::array<Block, 8> kBlocks{{{0x3400, 0x4DBF},
                                          {0x4E00, 0x9FFF},
                                          {0xF900, 0xFAFF},
                                          {0x20000, 0x2A6DF},
                                          {0x2A700, 0x2B73F},
                                          {0x2B740, 0x2B81F},
                                          {0x2B820, 0x2CEAF},
                                          {0x2F800, 0x2FA1F}}};
  return std::ranges::any_of(
      kBlocks, [c](const Block& block) { return c >= block.first && c <= block.last; });
}

bool is_punctuation(char32_t c) {
  if (c < 0x80) return is_ascii_punctuation(c);
  switch (category_of(c)) {
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
      return true;
    default:
      return false;
  }
}

/// The word in the making.
class Word {
 public:
  explicit Word(const TakeWord& take) : take_(take) {}

  void end() {
    if (!text_.empty()) take_(text_);
    text_.clear();
  }
  void add(char letter) { text_ += letter; }
  void add(char32_t letter) { append_code_point(text_, letter); }

 private:
  const TakeWord& take_;
  std::string text_;
};

/// Most captions are ASCII alone.
void cut_ascii(std::string_view text, const TakeWord& take) {
  Word word(take);
  for (const char letter : text) {
    const auto c = static_cast<char32_t>(letter);
    if (is_space(c)) {
      word.end();
    } else if (is_ascii_punctuation(c)) {
      word.end();
      word.add(letter);
      word.end();
    } else if (c > ' ' && c < 0x7F) {
      word.add(letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter);
    }
  }
  word.end();
}

std::string cleaned(std::string_view text) {
  std::string clean;
  clean.reserve(text.size() + text.size() / 2);
  while (!text.empty()) {
    const auto [c, bytes, broken] = first_code_point(text);
    if (is_space(c)) {
      clean += ' ';
    } else if (is_ideograph(c)) {
      clean += ' ';
      clean.append(text.substr(0, bytes));
      clean += ' ';
    } else if (!broken && !is_dropped(c)) {
      clean.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return clean;
}

/// NFD of sound UTF-8, as code points.
std::vector<utf8proc_int32_t> decomposed(const std::string& text) {
  constexpr auto kForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size = static_cast<utf8proc_ssize_t>(text.size());
  std::vector<utf8proc_int32_t> points(text.size() + 16);
  const auto decompose = [&] {
    return utf8proc_decompose(bytes, size, points.data(),
                              static_cast<utf8proc_ssize_t>(points.size()), kForm);
  };
  auto count = decompose();
  if (count > static_cast<utf8proc_ssize_t>(points.size())) {
    points.resize(static_cast<std::size_t>(count));
    count = decompose();
  }
  if (count < 0) throw std::logic_error("cut_words: a cleaned text is no UTF-8");
  points.resize(static_cast<std::size_t>(count));
  return points;
}

}  // namespace

void cut_words(std::string_view text, const TakeWord& take) {
  const bool ascii = std::ranges::all_of(
      text, [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
  if (ascii) return cut_ascii(text, take);
  Word word(take);
  for (const auto point : decomposed(cleaned(text))) {
    if (utf8proc_category(point) == UTF8PROC_CATEGORY_MN) continue;
    const auto c = static_cast<char32_t>(utf8proc_tolower(point));
    if (is_space(c)) {
      word.end();
    } else if (is_punctuation(c)) {
      word.end();
      word.add(c);
      word.end();
    } else {
      word.add(c);
    }
  }
  word.end();
}

}  // namespace dbot::data
