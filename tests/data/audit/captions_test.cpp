// What an audit and statistics say of the captions of images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/data/audit/data_statistics.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/audit/audit_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::put_image;
using test::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Four images: one with two captions, one with a broken and an empty one, two without.
class AuditOfCaptions : public ::testing::Test {
 protected:
  AuditOfCaptions() {
    for (const char* name : {"1.jpg", "2.jpg", "3.jpg", "4.jpg"}) {
      put_image(folder_ / "images" / name);
    }
    write_text(captions_,
               "image,caption\n1.jpg,A dog runs\n1.jpg,a Dog sleeps on the grass\n"
               "2.jpg,caf\xe9 by night\n2.jpg,  \n2.jpg, \ngone.jpg,nobody\nlost.jpg,nothing\n");
  }

  DataStatistics measured(const std::filesystem::path& vocabulary = {}) const {
    core::StopRequest stop;
    return measure_data_set(
        {.data = folder_ / "images", .images = 4, .captions = captions_, .vocabulary = vocabulary},
        {}, stop, core::silent_log());
  }

  test::TemporaryFolder folder_;
  std::string captions_ = folder_ / "captions.csv";
};

TEST_F(AuditOfCaptions, NamesEachImageAndCaptionThatLacksTheOther) {
  const test::AuditedFolder found(folder_ / "images", 2, {}, captions_);
  EXPECT_THAT(found.files(FindingKind::no_caption), ElementsAre("3.jpg", "4.jpg"));
  EXPECT_THAT(found.files(FindingKind::caption_alone), ElementsAre("gone.jpg", "lost.jpg"));
  EXPECT_THAT(found.files(FindingKind::empty_caption), ElementsAre("2.jpg"));
  EXPECT_THAT(found.files(FindingKind::broken_caption), ElementsAre("2.jpg"));
  EXPECT_EQ(found.audit.count(FindingKind::empty_caption), 1) << "an image once";
  EXPECT_EQ(found.audit.broken, 0);
  for (const auto& finding : found.audit.findings) {
    if (finding.kind != FindingKind::broken_caption) continue;
    EXPECT_EQ(found.set.name(finding.image), "2.jpg");
  }
}

TEST_F(AuditOfCaptions, AreNotLookedAtUnlessAskedFor) {
  const test::AuditedFolder found(folder_ / "images");
  EXPECT_FALSE(found.set.captions());
  EXPECT_THAT(found.files(FindingKind::no_caption), IsEmpty());
}

TEST_F(AuditOfCaptions, ManyNamesAreAllKept) {
  for (int i = 0; i < 20; ++i) {
    put_image(folder_ / "images" / ("more-" + std::to_string(i) + ".jpg"));
  }
  const test::AuditedFolder found(folder_ / "images", 2, {}, captions_);
  EXPECT_EQ(found.audit.count(FindingKind::no_caption), 22);
  EXPECT_EQ(found.set.captions()->counts.without.named().find("more-3"), std::string::npos)
      << "a line of a log names few";
}

TEST_F(AuditOfCaptions, StatisticsSayHowLongTheyAre) {
  const auto captions = measured().captions.value();
  EXPECT_EQ(captions.counts.captions, 3);
  EXPECT_EQ(captions.counts.captioned, 2);
  EXPECT_EQ(captions.counts.empty.count, 2);
  EXPECT_EQ(captions.counts.missing.count, 2);
  EXPECT_EQ(captions.of_an_image.most, 2);
  EXPECT_EQ(captions.words.least, 3);
  EXPECT_EQ(captions.words.most, 6);
  EXPECT_EQ(captions.mean_words, 4);
  // a dog runs sleeps on the grass, caf by night
  EXPECT_EQ(captions.different_words, 10);
  EXPECT_FALSE(captions.tokens);
}

TEST_F(AuditOfCaptions, StatisticsCountTheTokensOfAVocabulary) {
  const auto file = folder_ / "vocab.txt";
  write_text(file, "[PAD]\n[UNK]\na\ndo\n##g\nruns\nby\n");
  const auto tokens = measured(file).captions.value().tokens.value();
  EXPECT_EQ(tokens.tokens.least, 3);          // [UNK] by [UNK]
  EXPECT_EQ(tokens.tokens.most, 7);           // a do ##g [UNK] [UNK] [UNK] [UNK]
  EXPECT_NEAR(tokens.mean, 14.0 / 3, 1e-12);  // and a do ##g runs
  EXPECT_NEAR(tokens.unknown, 6.0 / 14, 1e-12);
  EXPECT_THAT(test::message_of<DataError>([&] { measured(folder_ / "none.txt"); }),
              HasSubstr("none.txt"));
}

}  // namespace
}  // namespace dbot::data
