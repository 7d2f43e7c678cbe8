// dbot data vocabulary: word pieces from a file of captions, or from those of a data set.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DataVocabulary : public testing::Test {
 protected:
  DataVocabulary() {
    fs::create_directories(shop_.folder.path() / "images");
    for (int i = 0; i < 3; ++i) {
      write_png(shop_.folder.path() / "images" / (std::to_string(i) + ".png"), i, 0);
    }
    write_file(captions_, "image,caption\n0.png,\"a dog, a dog\"\n1.png,dogs\ngone.png,zzz zzz\n");
  }
  Result make(const std::string& data, const std::vector<std::string>& more) {
    std::vector<std::string> words{"data", "vocabulary", data, "--out", out_};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  }

  const Workshop shop_;
  const std::string captions_ = shop_.folder / "captions.txt";
  const std::string out_ = shop_.folder / "vocab.txt";
};

TEST_F(DataVocabulary, IsMadeOfACaptionFileWithItsCounts) {
  const Result made = make(captions_, {"--size", "40", "--json"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const auto json = nlohmann::json::parse(made.out);
  EXPECT_EQ(json.at("texts"), 3);
  EXPECT_EQ(json.at("words"), 8);
  EXPECT_EQ(json.at("different_words"), 5);
  EXPECT_EQ(json.at("characters"), 7);  // , a d g o s z
  EXPECT_EQ(json.at("most_text_tokens"), 5);
  const std::string vocabulary = read_file(out_);
  EXPECT_TRUE(vocabulary.starts_with("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n,\na\n")) << vocabulary;
  EXPECT_THAT(vocabulary, AllOf(HasSubstr("\ndog\n"), HasSubstr("\nzzz\n")));
  EXPECT_EQ(json.at("tokens"), std::ranges::count(vocabulary, '\n'));
  EXPECT_THAT(made.err, HasSubstr("no pair of pieces occurs twice"));
}

TEST_F(DataVocabulary, OfADataSetTakesTheCaptionsOfItsImages) {
  const std::string images = shop_.folder / "images";
  const Result made = make(images, {"--size", "40", "--captions", captions_});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(read_file(out_), Not(HasSubstr("z")));
  EXPECT_THAT(made.err, AllOf(HasSubstr("1 images have no caption: 2.png"),
                              HasSubstr("1 images that captions name are not there: gone.png")));
  EXPECT_THAT(made.out, HasSubstr("different words"));

  write_file(shop_.folder / "images/0.txt", "one cat\n");
  const Result beside = make(images, {"--size", "40", "--force"});
  ASSERT_EQ(beside.exit_code, 0) << beside.err;
  EXPECT_THAT(read_file(out_), HasSubstr("##n"));
}

TEST_F(DataVocabulary, CheckAndStatsLookAtCaptions) {
  const std::string images = shop_.folder / "images";
  const Result checked = dbot({"data", "check", images, "--captions", captions_, "--out",
                               shop_.folder / "check", "--json"});
  ASSERT_EQ(checked.exit_code, 0) << checked.err;
  const auto check = nlohmann::json::parse(checked.out);
  EXPECT_EQ(check.at("counts").at("no_caption"), 1);
  EXPECT_EQ(check.at("counts").at("caption_alone"), 1);
  EXPECT_GT(check.at("captions"), 0);
  EXPECT_THAT(read_file(shop_.folder.path() / "check/check.jsonl"),
              AllOf(HasSubstr("gone.png"), HasSubstr("\"no_caption\"")));

  ASSERT_EQ(make(captions_, {"--size", "40"}).exit_code, 0);
  const Result stats =
      dbot({"data", "stats", images, "--captions", captions_, "--vocab", out_, "--json"});
  ASSERT_EQ(stats.exit_code, 0) << stats.err;
  const auto captions = nlohmann::json::parse(stats.out).at("captions");
  EXPECT_EQ(captions.at("captions"), check.at("captions"));
  EXPECT_EQ(captions.at("without"), 1);
  EXPECT_EQ(captions.at("unknown_tokens"), 0);
  EXPECT_GE(captions.at("tokens").at("most"), captions.at("words").at("most"));
  const Result table = dbot({"data", "stats", images, "--captions", captions_});
  EXPECT_THAT(table.out, AllOf(HasSubstr("different words"), HasSubstr("of an image")));

  EXPECT_EQ(dbot({"data", "stats", images, "--vocab", out_}).exit_code, 2);
  EXPECT_EQ(dbot({"data", "stats", images, "--captions", "beside", "--videos"}).exit_code, 2);
  EXPECT_EQ(dbot({"data", "check", images, "--captions", shop_.folder / "none.csv"}).exit_code, 3);
}

TEST_F(DataVocabulary, SaysWhatIsWrongAndWritesNothing) {
  const Result small = make(captions_, {"--size", "10"});
  EXPECT_EQ(small.exit_code, 2);
  EXPECT_THAT(small.err, HasSubstr("the size is 10, expected 19 to"));
  EXPECT_EQ(make(captions_, {}).exit_code, 2);
  EXPECT_EQ(make(shop_.folder / "nowhere", {"--size", "40"}).exit_code, 3);
  const Result bare = make(shop_.folder / "images", {"--size", "40"});
  EXPECT_EQ(bare.exit_code, 3);
  EXPECT_THAT(bare.err, HasSubstr("has no caption for any of the 3 images"));
  EXPECT_FALSE(fs::exists(out_));
  write_file(out_, "mine");
  EXPECT_EQ(make(captions_, {"--size", "40"}).exit_code, 2);
  EXPECT_EQ(read_file(out_), "mine");
}

}  // namespace
}  // namespace dbot::cli_test
