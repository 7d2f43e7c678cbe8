// A vocabulary trained from texts, against a plain implementation that counts all pairs anew.
#include "dbot/data/text/vocabulary_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/text/unicode.h"
#include "dbot/data/text/words.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Texts = std::vector<std::string>;
using Cut = std::vector<std::string>;

std::vector<std::string> characters_of(std::string_view word) {
  std::vector<std::string> characters;
  while (!word.empty()) {
    characters.emplace_back(word.substr(0, first_code_point(word).bytes));
    word.remove_prefix(characters.back().size());
  }
  return characters;
}

/// As the specification says it, word by word.
std::vector<std::string> reference(const Texts& texts, std::size_t size) {
  std::map<std::string, std::int64_t> counts;
  std::set<std::string> characters;
  for (const auto& text : texts) {
    cut_words(text, [&](std::string_view word) {
      ++counts[std::string(word)];
      for (const auto& character : characters_of(word)) characters.insert(character);
    });
  }
  auto tokens = special_tokens();
  for (const auto& character : characters) tokens.push_back(character);
  for (const auto& character : characters) tokens.push_back("##" + character);
  std::vector<std::pair<Cut, std::int64_t>> words;
  for (const auto& [word, count] : counts) {
    Cut cut = characters_of(word);
    for (std::size_t i = 1; i < cut.size(); ++i) cut[i] = "##" + cut[i];
    words.emplace_back(std::move(cut), count);
  }
  while (tokens.size() < size) {
    std::map<std::pair<std::string, std::string>, std::int64_t> pairs;
    for (const auto& [cut, count] : words) {
      for (std::size_t i = 1; i < cut.size(); ++i) pairs[{cut[i - 1], cut[i]}] += count;
    }
    // The first of the largest: a map is in byte order.
    const auto best = std::ranges::max_element(pairs, {}, [](const auto& p) { return p.second; });
    if (best == pairs.end() || best->second < 2) break;
    const auto [left, right] = best->first;
    const std::string joined = left + right.substr(2);
    for (auto& [cut, count] : words) {
      Cut next;
      for (std::size_t i = 0; i < cut.size(); ++i) {
        const bool here = i + 1 < cut.size() && cut[i] == left && cut[i + 1] == right;
        next.push_back(here ? joined : cut[i]);
        i += here ? 1 : 0;
      }
      cut = std::move(next);
    }
    if (std::ranges::find(tokens, joined) == tokens.end()) tokens.push_back(joined);
  }
  return tokens;
}

std::vector<std::string> trained(const Texts& texts, std::int64_t size) {
  WordCounts words;
  for (const auto& text : texts) words.add(text);
  return train_vocabulary(words, size).vocabulary.tokens();
}

/// Words of few letters, so that pairs are equally frequent and words repeat letters.
Texts random_texts(std::uint64_t seed) {
  core::Random random({.seed = seed});
  const std::vector<std::string> letters{"a", "b", "c", "é", "ж", "-"};
  Texts texts;
  for (int i = 0; i < 30; ++i) {
    std::string text;
    for (auto words = random.below(8); words > 0; --words) {
      for (auto length = 1 + random.below(7); length > 0; --length) {
        text += letters[random.below(2 + random.below(letters.size() - 1))];
      }
      text += ' ';
    }
    texts.push_back(text);
  }
  return texts;
}

TEST(VocabularyTraining, AgreesWithAPlainImplementation) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto texts = random_texts(seed);
    for (const std::int64_t size : {17, 25, 60, 400}) {
      EXPECT_EQ(trained(texts, size), reference(texts, static_cast<std::size_t>(size)))
          << seed << ", " << size;
    }
  }
}

TEST(VocabularyTraining, BeginsWithSpecialTokensAndCharactersInByteOrder) {
  EXPECT_THAT(trained({"ba ab", "ab"}, 100), ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                                         "[MASK]", "a", "b", "##a", "##b", "ab"));
}

TEST(VocabularyTraining, EquallyFrequentPairsAreJoinedInByteOrder) {
  const auto tokens = trained({"xy ab xy ab", "éa éa"}, 100);
  // "éa" is decomposed and loses its mark: "ea".
  EXPECT_THAT(std::vector(tokens.end() - 3, tokens.end()), ElementsAre("ab", "ea", "xy"));
}

TEST(VocabularyTraining, AnyOrderOfTextsGivesTheSameTokens) {
  auto texts = random_texts(7);
  const auto tokens = trained(texts, 60);
  std::ranges::reverse(texts);
  EXPECT_EQ(trained(texts, 60), tokens);
  std::ranges::sort(texts);
  EXPECT_EQ(trained(texts, 60), tokens);
}

TEST(VocabularyTraining, CountsWhatItFoundAndEndsWhereNoPairOccursTwice) {
  WordCounts words;
  words.add("a dog, a dog " + std::string(101, 'x'));
  words.add("");
  EXPECT_EQ(words.texts(), 2);
  EXPECT_EQ(words.words(), 5);
  EXPECT_EQ(words.too_long(), 1);
  const auto result = train_vocabulary(words, 1000);
  EXPECT_EQ(result.characters, 5);  // a d o g and the comma
  EXPECT_EQ(result.joined, 2);
  EXPECT_EQ(result.vocabulary.size(), 5 + 10 + 2);
  EXPECT_EQ(result.vocabulary.tokens().back(), "dog");
}

TEST(VocabularyTraining, RefusesASizeBelowTheCharactersAndTextsWithoutWords) {
  WordCounts words;
  const auto train = [&](std::int64_t size) {
    return [&words, size] { static_cast<void>(train_vocabulary(words, size)); };
  };
  words.add(" \t");
  EXPECT_THAT(message_of<DataError>(train(100)), HasSubstr("1 texts hold no word"));
  words.add("abc");
  EXPECT_THAT(message_of<UsageError>(train(10)), HasSubstr("the size is 10, expected 11 to"));
  EXPECT_THAT(message_of<UsageError>(train(kMostTokens + 1)), HasSubstr("expected 11 to"));
}

}  // namespace
}  // namespace dbot::data
