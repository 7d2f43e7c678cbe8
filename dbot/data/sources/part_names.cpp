#include "dbot/data/sources/part_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

namespace dbot::data {
namespace {

struct Usual {
  std::string_view word;
  PartWord part;
};

/// The most usual ones of each part first.
constexpr std::array kUsual{Usual{"train", PartWord::train},    Usual{"training", PartWord::train},
                            Usual{"trainset", PartWord::train}, Usual{"trn", PartWord::train},
                            Usual{"val", PartWord::val},        Usual{"valid", PartWord::val},
                            Usual{"validation", PartWord::val}, Usual{"validate", PartWord::val},
                            Usual{"valset", PartWord::val},     Usual{"dev", PartWord::val},
                            Usual{"devel", PartWord::val},      Usual{"development", PartWord::val},
                            Usual{"eval", PartWord::val},       Usual{"evaluation", PartWord::val},
                            Usual{"test", PartWord::test},      Usual{"testing", PartWord::test},
                            Usual{"testset", PartWord::test}};

/// Words beside the part's that say nothing of what is in a folder: "train_images", "Test Set".
constexpr std::array<std::string_view, 13> kFiller{
    "set",   "data", "dataset", "images",   "image",  "img", "imgs",
    "split", "part", "photos",  "pictures", "folder", "full"};

bool is_digit(char letter) {
  return std::isdigit(static_cast<unsigned char>(letter)) != 0;
}

bool is_letter(char letter) {
  return std::isalpha(static_cast<unsigned char>(letter)) != 0;
}

/// Runs of letters, in lower case; digits and signs part them. "trainImages" are two.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  char before = '\0';
  for (const char letter : name) {
    const bool upper = std::isupper(static_cast<unsigned char>(letter)) != 0;
    const bool hump = upper && std::islower(static_cast<unsigned char>(before)) != 0;
    if ((!is_letter(letter) || hump) && !words.back().empty()) words.emplace_back();
    if (is_letter(letter)) {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    before = letter;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

const Usual* usual_of(const std::string& word) {
  const auto found = std::ranges::find(kUsual, word, &Usual::word);
  return found == kUsual.end() ? nullptr : &*found;
}

/// The one word of a folder's name that is no filler; nothing if there are several.
std::string telling_word(std::string_view folder) {
  auto words = words_of(folder);
  std::erase_if(words, [](const std::string& word) {
    return std::ranges::find(kFiller, word) != kFiller.end();
  });
  // A number in front is a class's: "01_train" stands among others. One behind is a year.
  const bool numbered = !folder.empty() && is_digit(folder.front());
  return words.size() == 1 && !numbered ? words.front() : std::string();
}

}  // namespace

PartWord part_of_folder(std::string_view name) {
  const auto* usual = usual_of(telling_word(name));
  return usual ? usual->part : PartWord::none;
}

PartWord part_in_name(std::string_view name) {
  for (const auto& word : words_of(name)) {
    if (const auto* usual = usual_of(word)) return usual->part;
  }
  return PartWord::none;
}

int unusualness(std::string_view folder) {
  const auto* usual = usual_of(telling_word(folder));
  if (!usual) return static_cast<int>(kUsual.size()) * 2;
  // "train" itself comes before "Train" and "train2017".
  return 2 * static_cast<int>(usual - kUsual.data()) + (folder == usual->word ? 0 : 1);
}

}  // namespace dbot::data
