// Texts with several labels: the files that hold them, and their words as rows.
#include "dbot/data/text/tables/labelled_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/data/text/tables/labelled_rows.h"
#include "dbot/data/text/tables/reuters.h"
#include "dbot/data/text/tables/sgml.h"
#include "dbot/data/text/tables/tab_separated.h"
#include "dbot/data/text/tables/tf_idf.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::message_of;
using test::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string document(const std::string& id, const std::string& split, const std::string& topics,
                     const std::string& text) {
  std::string tags;
  for (const char topic : topics) tags += std::string("<D>") + topic + "</D>";
  return "<REUTERS TOPICS=\"YES\" LEWISSPLIT=\"" + split + "\" NEWID=\"" + id + "\">\n<TOPICS>" +
         tags + "</TOPICS>\n<TEXT>&#2;\n" + text + "</TEXT>\n</REUTERS>\n";
}

TEST(NewsFiles, GiveTextTopicsAndPart) {
  const auto documents = parse_news(
      "<!DOCTYPE lewis SYSTEM \"lewis.dtd\">\n" +
          document("7", "TEST", "ab", "<TITLE>R&amp;D &lt;up&gt;</TITLE><BODY>caf\xe9 & b</BODY>"),
      "x.sgm");
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents[0].id, "7");
  EXPECT_EQ(documents[0].split, "TEST");
  EXPECT_THAT(documents[0].topics, ElementsAre("a", "b"));
  EXPECT_EQ(documents[0].text, " \n R&D <up>  caf\xc3\xa9 & b ") << "no control characters";
}

TEST(NewsFiles, SayWhereTheyEndTooSoon) {
  const std::string whole = document("1", "TRAIN", "a", "one") + document("2", "TEST", "a", "two");
  const auto cut = [&](const char* at) { return whole.substr(0, whole.rfind(at)); };
  const auto said = [](const std::string& content) {
    return message_of<DataError>([&] { parse_news(content, "x.sgm"); });
  };
  EXPECT_THAT(said(cut("</REUTERS>")), HasSubstr("x.sgm:6: a document does not end"));
  EXPECT_THAT(said(cut(" NEWID")), HasSubstr("x.sgm:6: a tag does not end"));
  EXPECT_THAT(said(""), HasSubstr("holds no document"));
  std::string no_end = whole;
  no_end.replace(no_end.rfind("</TEXT>"), 7, "");
  EXPECT_THAT(said(no_end), HasSubstr("x.sgm:6: TEXT of a document does not end"));
  EXPECT_THAT(said("<REUTERS NEWID=\"1\"></REUTERS>"), HasSubstr("has no LEWISSPLIT"));
}

TEST(Reuters, KeepsTopicsOfBothPartsAndTheirDocuments) {
  const test::TemporaryFolder folder;
  write_text(folder / "b.sgm", document("3", "TEST", "ax", "three"));
  write_text(folder / "a.sgm", document("1", "TRAIN", "a", "one") +
                                   document("2", "TRAIN", "y", "two") +
                                   document("4", "NOT-USED", "a", "four"));
  const LabelledTextParts parts = open_labelled_texts(folder.path(), core::silent_log());
  EXPECT_EQ(parts.kind, "reuters");
  EXPECT_THAT(parts.labels, ElementsAre("a"));
  ASSERT_EQ(parts.train.size(), 1U);
  EXPECT_EQ(parts.train.names[0], (folder / "a.sgm[1]").string());
  ASSERT_EQ(parts.test.size(), 1U);
  EXPECT_THAT(parts.test.labels[0], ElementsAre(0));
}

TEST(TextTables, ReadPlacesAndNamesOfLabels) {
  const std::vector<std::string> labels{"joy", "grief", "7"};
  const auto texts =
      parse_text_table("so glad\t0,1\tid\nwhat\tgrief\tid\n\"quoted\"\t\tid\n", "x.tsv", labels);
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_THAT(texts.labels[0], ElementsAre(0, 1));
  EXPECT_THAT(texts.labels[1], ElementsAre(1));
  EXPECT_THAT(texts.labels[2], IsEmpty());
  EXPECT_EQ(texts.names[1], "x.tsv:2");
}

TEST(TextTables, NameTheRowThatIsWrong) {
  const auto said = [](const std::string& content) {
    return message_of<DataError>([&] { parse_text_table(content, "x.tsv", {"joy", "grief"}); });
  };
  EXPECT_THAT(said("a\t0\ti\nb\t1\n"), HasSubstr("x.tsv:2: has 2 fields, expected 3"));
  EXPECT_THAT(said("a\t0\nb\t2\n"), HasSubstr("x.tsv:2: \"2\" is neither a name in labels.txt"));
  EXPECT_THAT(said("a\t-1\n"), HasSubstr("x.tsv:1: \"-1\""));
  EXPECT_THAT(said("a\tjoy,,grief\n"), HasSubstr("x.tsv:1: \"\""));
  EXPECT_THAT(said("a\n"), HasSubstr("x.tsv:1: has 1 fields"));
  EXPECT_THAT(said(""), HasSubstr("holds no text"));
}

TEST(LabelledTexts, RefuseOtherFolders) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(holds_labelled_texts(folder.path()));
  EXPECT_THAT(
      message_of<DataError>([&] { open_labelled_texts(folder.path(), core::silent_log()); }),
      HasSubstr("holds no texts with labels"));
  EXPECT_THAT(
      message_of<DataError>([&] { open_labelled_texts(folder / "none", core::silent_log()); }),
      HasSubstr("does not exist"));
  write_text(folder / "train.tsv", "a\t0\n");
  write_text(folder / "test.tsv", "b\t0\n");
  write_text(folder / "labels.txt", "joy\njoy\n");
  EXPECT_TRUE(holds_labelled_texts(folder.path()));
  EXPECT_THAT(
      message_of<DataError>([&] { open_labelled_texts(folder.path(), core::silent_log()); }),
      HasSubstr("labels.txt: holds no labels, or one of them twice"));
}

core::TextList texts_of(const std::vector<std::string>& texts) {
  core::TextList list;
  for (const std::string& text : texts) list.add(text);
  return list;
}

TEST(TfIdf, WeighsWordsByTheirRarity) {
  const TfIdf words(texts_of({"Oil oil a wheat", "oil corn, corn!", "wheat 12 b2b"}),
                    {.words = 8000, .least_documents = 1});
  EXPECT_THAT(words.words(), ElementsAre("oil", "corn", "wheat"))
      << "by frequency, then by the alphabet; of two letters or more";
  const SparseRow row = words.row("Wheat oil oil unknown");
  EXPECT_THAT(row.places, ElementsAre(0, 2));
  const double oil = (1 + std::log(2.0)) * std::log(3.0 / 2), wheat = std::log(3.0 / 2);
  const double length = std::hypot(oil, wheat);
  EXPECT_NEAR(row.values[0], oil / length, 1e-6);
  EXPECT_NEAR(row.values[1], wheat / length, 1e-6);
  EXPECT_THAT(words.row("nothing known").places, IsEmpty());
}

TEST(TfIdf, KnowsTheMostFrequentWordsOfEnoughTexts) {
  const auto training = texts_of({"aa bb cc cc", "aa bb dd", "aa"});
  EXPECT_THAT(TfIdf(training, {.words = 8000, .least_documents = 2}).words(),
              ElementsAre("aa", "bb"));
  EXPECT_THAT(TfIdf(training, {.words = 2, .least_documents = 1}).words(), ElementsAre("aa", "bb"));
  EXPECT_THAT(message_of<DataError>([&] { TfIdf(training, {.words = 2, .least_documents = 4}); }),
              HasSubstr("have no word that is in 4 of them"));
}

/// Six texts to train on and one to test on, with two labels.
class Rows : public ::testing::Test {
 protected:
  Rows() {
    write_text(folder_ / "labels.txt", "even\nodd\n");
    std::string train;
    for (int i = 0; i < 6; ++i) {
      train += "all words " + std::string(i % 2 == 0 ? "even" : "odd") + "\t" +
               std::to_string(i % 2) + "\n";
    }
    write_text(folder_ / "train.tsv", train);
    write_text(folder_ / "test.tsv", "odd even\t0,1\n");
  }

  test::TemporaryFolder folder_;
};

TEST_F(Rows, HoldOutAShareOfWhatIsTrainedOn) {
  const auto open = [&](std::uint64_t seed) {
    return open_labelled_rows(folder_.path(), {}, 0.34, seed, core::silent_log());
  };
  const LabelledRowParts parts = open(1);
  EXPECT_EQ(parts.train->size(), 4);
  EXPECT_EQ(parts.held_out->size(), 2);
  EXPECT_THAT(parts.words, ElementsAre("all", "words", "even", "odd"));
  std::set<std::string> names;
  for (const auto& part : {parts.train, parts.held_out}) {
    for (std::int64_t i = 0; i < part->size(); ++i) names.insert(part->name(i));
  }
  EXPECT_EQ(names.size(), 6U) << "each text is in one of them";
  EXPECT_EQ(open(1).held_out->name(0), parts.held_out->name(0));
}

TEST_F(Rows, GiveWordsAndLabels) {
  const LabelledRowParts parts =
      open_labelled_rows(folder_.path(), {}, 0.34, 1, core::silent_log());
  Sample sample;
  parts.test->read(0, sample);
  const SamplePart& places = sample.part(kRowPlaces);
  ASSERT_THAT(places.shape(), ElementsAre(2));
  std::vector<std::int64_t> words(2);
  std::memcpy(words.data(), places.bytes().data(), places.bytes().size());
  EXPECT_THAT(words, ElementsAre(2, 3));
  std::vector<float> truth(2);
  std::memcpy(truth.data(), sample.part(kLabelSet).bytes().data(), 2 * sizeof(float));
  EXPECT_THAT(truth, ElementsAre(1, 1));
  EXPECT_THAT(message_of<DataError>([&] { parts.test->read(1, sample); }),
              HasSubstr("have no row 1 of 1"));
}

const char* data_folder(const std::string& name) {
  const char* data = std::getenv("DBOT_DATA_DIR");
  return data != nullptr && std::filesystem::exists(std::filesystem::path(data) / name) ? data
                                                                                        : nullptr;
}

TEST(LabelledTexts, ReutersHasTheCountsOfModApte) {
  const char* data = data_folder("reuters21578");
  if (data == nullptr) GTEST_SKIP() << "DBOT_DATA_DIR names no folder with reuters21578";
  const std::filesystem::path folder = std::filesystem::path(data) / "reuters21578";
  std::size_t train = 0, test = 0;
  for (const auto& file : news_files(folder)) {
    std::ifstream stream(file, std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(stream)), {});
    for (const auto& document : parse_news(content, file.string())) {
      if (document.has_topics != "YES") continue;
      train += document.split == "TRAIN" ? 1 : 0;
      test += document.split == "TEST" ? 1 : 0;
    }
  }
  EXPECT_EQ(train, 9603U);
  EXPECT_EQ(test, 3299U);
  const core::Stopwatch clock;
  const LabelledRowParts rows = open_labelled_rows(folder, {}, 0.1, 0, core::silent_log());
  EXPECT_LT(clock.seconds(), 60) << "10 s on a machine of its own";
  EXPECT_EQ(rows.labels.size(), 90U);
  EXPECT_EQ(rows.train->size() + rows.held_out->size(), 7770);
  EXPECT_EQ(rows.held_out->size(), 777);
  EXPECT_EQ(rows.test->size(), 3019);
  EXPECT_EQ(rows.width, 8000);
  const LabelledTextParts texts = read_reuters(folder);
  std::size_t labels = 0;
  for (const auto& of_text : texts.train.labels) labels += of_text.size();
  EXPECT_NEAR(static_cast<double>(labels) / 7770, 1.234, 5e-4);
  RecordProperty("seconds", std::to_string(clock.seconds()));
}

TEST(LabelledTexts, GoEmotionsHasItsCounts) {
  const char* data = data_folder("goemotions");
  if (data == nullptr) GTEST_SKIP() << "DBOT_DATA_DIR names no folder with goemotions";
  const auto texts =
      open_labelled_texts(std::filesystem::path(data) / "goemotions", core::silent_log());
  EXPECT_EQ(texts.labels.size(), 28U);
  EXPECT_EQ(texts.train.size(), 43410U);
  EXPECT_EQ(texts.test.size(), 5427U);
}

}  // namespace
}  // namespace dbot::data
