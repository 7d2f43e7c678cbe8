// Texts cut into words and tokens, and the files of vocabularies.
#include "dbot/data/text/word_piece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

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
using ::testing::IsEmpty;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  cut_words(text, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

Vocabulary vocabulary_of(std::vector<std::string> more) {
  auto tokens = special_tokens();
  tokens.insert(tokens.end(), more.begin(), more.end());
  return Vocabulary(std::move(tokens));
}

// What Hugging Face's tokenizers makes of the same texts: make_text_fixtures.py.
TEST(Words, AreThoseOfTheReference) {
  std::ifstream file(test::fixtures() / "text/words.json");
  const auto cases = nlohmann::json::parse(file);
  ASSERT_GT(cases.size(), 100U);
  for (const auto& entry : cases) {
    const auto text = entry.at("text").get<std::string>();
    EXPECT_EQ(words_of(text), entry.at("words").get<std::vector<std::string>>()) << text;
  }
}

TEST(Words, SpecialTokensInATextAreOrdinaryText) {
  EXPECT_THAT(words_of("a [MASK] b"), ElementsAre("a", "[", "mask", "]", "b"));
  const WordPiece tokenizer(vocabulary_of({"[", "]", "mask", "pad", "a"}));
  const auto ids = tokenizer.ids("[MASK] a [PAD]");
  EXPECT_THAT(ids, ElementsAre(5, 7, 6, 9, 5, 8, 6));
  EXPECT_EQ(tokenizer.text(ids), "[ mask ] a [ pad ]");
}

TEST(Words, BytesThatAreNoUtf8AreDroppedAndCounted) {
  EXPECT_THAT(words_of("do\xFFg \xC3"), ElementsAre("dog"));
  EXPECT_THAT(words_of("\xED\xA0\x80x"), ElementsAre("x"));  // a surrogate
  EXPECT_THAT(words_of("caf\xE9"), ElementsAre("caf"));      // Latin-1
  EXPECT_EQ(broken_bytes("caf\xE9 na\xEFve"), 2);
  EXPECT_EQ(broken_bytes("caf\xC3\xA9"), 0);
  EXPECT_EQ(broken_bytes("\xF4\x90\x80\x80"), 4);  // beyond U+10FFFF
}

TEST(WordPiece, TakesTheLongestTokenAndGivesUpOnAWordAlone) {
  const WordPiece tokenizer(
      vocabulary_of({"snow", "snowboard", "##board", "##er", "##e", "##r", "x", "é", "e"}));
  const auto tokens = [&](std::string_view text) { return tokenizer.text(tokenizer.ids(text)); };
  EXPECT_THAT(tokenizer.ids("snowboarder"), ElementsAre(6, 8));
  EXPECT_EQ(tokens("Snowboarder"), "snowboarder");
  EXPECT_EQ(tokens("snowboardx snow"), "[UNK] snow");
  EXPECT_THAT(tokenizer.ids("é"), ElementsAre(13));  // without its mark
  EXPECT_EQ(tokenizer.ids(std::string(100, 'x')).size(), 1U);
  EXPECT_THAT(tokenizer.ids("   "), IsEmpty());
}

TEST(WordPiece, CountsCharactersOfAWordNotBytes) {
  const WordPiece tokenizer(vocabulary_of({"ж", "##ж"}));
  const auto repeated = [](int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += "ж";
    return text;
  };
  EXPECT_EQ(tokenizer.ids(repeated(100)).size(), 100U);
  EXPECT_THAT(tokenizer.ids(repeated(101)), ElementsAre(tokenizer.vocabulary().unknown()));
}

// With all characters and their "##" forms, tokens joined give back each word.
TEST(WordPiece, AnyBytesGiveIdsWithinTheVocabularyThatJoinToTheWords) {
  core::Random random({.seed = 20});
  const std::vector<std::string> pieces{"a",    "B",      "dog",      " ",  "\t",
                                        "-",    "[MASK]", "é",        "日", "ß",
                                        "\xFF", "\xC3",   "\xE2\x80", "##", "\xF0\x9F\x90\xB6"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (auto i = random.below(12); i > 0; --i) {
      text += random.below(4) == 0 ? std::string(1, static_cast<char>(random.below(256)))
                                   : pieces[random.below(pieces.size())];
    }
    const auto words = words_of(text);
    std::vector<std::string> more;
    std::string joined;
    for (const auto& word : words) {
      EXPECT_EQ(broken_bytes(word), 0);
      EXPECT_THAT(words_of(word), ElementsAre(word));  // cutting it again changes nothing
      joined += (joined.empty() ? "" : " ") + word;
      for (std::string_view rest = word; !rest.empty();) {
        const std::string character(rest.substr(0, first_code_point(rest).bytes));
        rest.remove_prefix(character.size());
        for (const auto& token : {character, "##" + character}) {
          if (std::ranges::find(more, token) == more.end()) more.push_back(token);
        }
      }
    }
    const WordPiece tokenizer(vocabulary_of(more));
    const auto ids = tokenizer.ids(text);
    EXPECT_TRUE(std::ranges::all_of(
        ids, [&](auto id) { return id > 4 && id < tokenizer.vocabulary().size(); }));
    EXPECT_EQ(tokenizer.text(ids), joined);
  }
}

std::string refusal(std::string_view text) {
  return message_of<DataError>([&] { Vocabulary::parse(text, "vocab.txt"); });
}

TEST(Vocabulary, ReadsOneTokenALine) {
  const auto plain = Vocabulary::parse("[PAD]\n[UNK]\ndog\n##s\n", "vocab.txt");
  EXPECT_EQ(plain.size(), 4);
  EXPECT_EQ(plain.find("##s"), 3);
  EXPECT_EQ(plain.find("cat"), -1);
  EXPECT_EQ(plain.unknown(), 1);
  const auto windows = Vocabulary::parse("\xEF\xBB\xBF[PAD]\r\n[UNK]\r\ndog\r\n##s", "vocab.txt");
  EXPECT_EQ(windows.tokens(), plain.tokens());
  EXPECT_EQ(Vocabulary::parse(plain.text(), "again").tokens(), plain.tokens());
  // BERT's has unused tokens between those of its own.
  EXPECT_EQ(Vocabulary::parse("[PAD]\n[unused0]\n[UNK]\n", "vocab.txt").unknown(), 2);
}

TEST(Vocabulary, RefusesWhatCannotBeOneWithLineAndWayOut) {
  EXPECT_THAT(refusal("[PAD]\n[UNK]\ndog\ncat\ndog\n"),
              HasSubstr("vocab.txt:5: is dog again, as line 3"));
  EXPECT_THAT(refusal("[PAD]\ndog\n"), HasSubstr("has no [UNK] among its 2 tokens"));
  EXPECT_THAT(refusal("[UNK]\n[PAD]\n"), HasSubstr("vocab.txt:1: is [UNK], expected [PAD]"));
  EXPECT_THAT(refusal("[PAD]\n\n[UNK]\n"), HasSubstr("vocab.txt:2: is empty"));
  EXPECT_THAT(refusal(""), HasSubstr("holds no token"));
  EXPECT_THAT(refusal("\n\n"), HasSubstr("holds no token"));
  EXPECT_THAT(refusal(std::string_view("\x89PNG\0\n", 6)), HasSubstr("vocab.txt:1: is no UTF-8"));
  EXPECT_THAT(refusal("{\"model\": 1}\n"), HasSubstr("dbot data vocabulary makes one"));
}

TEST(Vocabulary, NamesAFileThatIsMissingAndAnIdThatIsNone) {
  const test::TemporaryFolder folder;
  const auto read = [&] { Vocabulary::read(folder / "gone.txt"); };
  EXPECT_THAT(message_of<DataError>(read), HasSubstr("gone.txt"));
  const auto vocabulary = vocabulary_of({"dog"});
  EXPECT_EQ(vocabulary.token(5), "dog");
  for (const std::int64_t id : {-1, 6}) {
    EXPECT_THAT(message_of<DataError>([&] { static_cast<void>(vocabulary.token(id)); }),
                HasSubstr("ids are 0 to 5"));
  }
}

}  // namespace
}  // namespace dbot::data
