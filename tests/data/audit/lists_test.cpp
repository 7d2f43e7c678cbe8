// Quarantine lists, splits and the survey's journal.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "dbot/core/error.h"
#include "dbot/data/audit/quarantine.h"
#include "dbot/data/audit/set_split.h"
#include "dbot/data/audit/set_statistics.h"
#include "dbot/data/audit/survey/survey_journal.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/audit/audit_folder.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::AuditedFolder;
using test::jpeg_of;
using test::message_of;
using test::scene;
using test::write_bytes;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

/// Two classes of ten pictures, a copy, and one that is no picture.
struct TwoClasses : test::TemporaryFolder {
  TwoClasses() {
    for (int i = 0; i < 20; ++i) {
      write_bytes(path() / (i < 10 ? "cat" : "dog") / (std::to_string(i) + ".jpg"),
                  jpeg_of(scene(60, 80, static_cast<std::uint64_t>(i))));
    }
    write_bytes(path() / "cat/copy.jpg", jpeg_of(scene(60, 80, 4)));
    write_text(path() / "dog/no,\"picture.jpg", "text");
  }
};

TEST(Quarantine, HoldsWhatIsAskedFor) {
  const TwoClasses folder;
  const AuditedFolder result(folder.path());
  const auto listed = [&](QuarantineScope scope) {
    return parse_leave_out(quarantine_text(result.set, result.audit, scope));
  };
  EXPECT_THAT(listed(QuarantineScope::broken), UnorderedElementsAre("dog/no,\"picture.jpg"));
  EXPECT_THAT(listed(QuarantineScope::duplicates),
              UnorderedElementsAre("dog/no,\"picture.jpg", "cat/copy.jpg"));
  EXPECT_THAT(quarantine_text(result.set, result.audit, QuarantineScope::all),
              HasSubstr("# not_an_image: is text\ndog/no"));
  EXPECT_EQ(parse_quarantine_scope("all", "--quarantine"), QuarantineScope::all);
  EXPECT_THROW(parse_quarantine_scope("some", "--quarantine"), UsageError);
}

TEST(Quarantine, ListsAreReadWithRemarksAndForeignLineEnds) {
  EXPECT_THAT(parse_leave_out("# a remark\r\na.jpg\r\n\n./#b.jpg\nc d.jpg"),
              UnorderedElementsAre("a.jpg", "#b.jpg", "c d.jpg"));
  EXPECT_TRUE(parse_leave_out("").empty());
}

TEST(Quarantine, LeavesImagesOutOfADataSet) {
  const TwoClasses folder;
  test::KeptLog log;
  const auto images = open_images(folder.path(), log.log());
  write_text(folder / "list.txt", "cat/3.jpg\ncat/copy.jpg\nelsewhere.jpg\n");
  const auto rest_of = [&](const std::string& list) {
    return open_images(folder.path(), log.log(), nullptr, {.leave_out = folder / list});
  };
  const auto rest = rest_of("list.txt");
  EXPECT_EQ(rest->size(), images->size() - 2);
  for (std::int64_t i = 0; i < rest->size(); ++i) {
    EXPECT_THAT(rest->name(i), Not(HasSubstr("cat/3.jpg")));
  }
  EXPECT_THAT(log.lines.back(), HasSubstr("2 of 22 images are left out"));

  write_text(folder / "list.txt", "elsewhere.jpg\n");
  EXPECT_EQ(rest_of("list.txt")->size(), 22);
  EXPECT_THAT(log.lines.back(), HasSubstr("none of the 1 images it names"));

  std::string all;
  for (std::int64_t i = 0; i < images->size(); ++i) {
    all += NamesWithin({folder.path()})(images->name(i)) + "\n";
  }
  write_text(folder / "list.txt", all);
  EXPECT_THROW(rest_of("list.txt"), DataError);
  EXPECT_THAT(message_of<DataError>([&] { rest_of("gone.txt"); }), HasSubstr("data.leave_out"));
}

std::vector<std::int64_t> all_of(const AuditedSet& set) {
  std::vector<std::int64_t> images;
  for (std::int64_t i = 0; i < set.size(); ++i) images.push_back(i);
  return images;
}

TEST(SetSplit, DividesEveryImageOnceAndReproducibly) {
  const TwoClasses folder;
  const auto set = AuditedSet::open(folder.path(), core::silent_log());
  const SetSplitConfig config{0.2, 0.1, 7, false};
  const auto split = split_set(set, all_of(set), {}, config);
  auto together = split.train;
  together.insert(together.end(), split.val.begin(), split.val.end());
  together.insert(together.end(), split.test.begin(), split.test.end());
  std::ranges::sort(together);
  EXPECT_EQ(together, all_of(set));
  EXPECT_EQ(split.test.size(), 4U);
  EXPECT_EQ(split.val.size(), 2U);
  EXPECT_EQ(split_set(set, all_of(set), {}, config).test, split.test);
  EXPECT_NE(split_set(set, all_of(set), {}, {0.2, 0.1, 8, false}).test, split.test);
  for (const SetSplitConfig& wrong :
       {SetSplitConfig{0, 0, 0, false}, {0.7, 0.3, 0, false}, {-0.1, 0.3, 0, false}}) {
    EXPECT_THROW(split_set(set, all_of(set), {}, wrong), UsageError);
  }
}

TEST(SetSplit, ByClassGivesTheSameShareOfEach) {
  const TwoClasses folder;
  const auto set = AuditedSet::open(folder.path(), core::silent_log());
  std::map<int, int> counts;
  for (const auto image : split_set(set, all_of(set), {}, {0.3, 0, 1, true}).test) {
    ++counts[set.label(image)];
  }
  EXPECT_EQ(counts[0], 3);
  EXPECT_EQ(counts[1], 3);
}

TEST(SetSplit, CopiesStayTogether) {
  const TwoClasses folder;
  const AuditedFolder result(folder.path());
  ASSERT_EQ(result.audit.groups.size(), 1U);
  const auto& members = result.audit.groups[0].members;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const auto split =
        split_set(result.set, all_of(result.set), result.audit.groups, {0.4, 0, seed, false});
    const auto tested = [&](std::int64_t image) {
      return std::ranges::count(split.test, image) == 1;
    };
    EXPECT_EQ(tested(members[0].image), tested(members[1].image)) << seed;
  }
}

TEST(SetSplit, ListsAndLinksLeadToTheImages) {
  const TwoClasses folder;
  const auto set = AuditedSet::open(folder.path(), core::silent_log());
  const auto out = folder.path() / "lists";
  const auto text = list_text(set, all_of(set), out);
  EXPECT_THAT(text, HasSubstr("path,label\n../cat/0.jpg,cat\n"));
  EXPECT_THAT(text, HasSubstr("\"../dog/no,\"\"picture.jpg\",dog\n"));
  link_images(set, {0, 1}, folder.path() / "links/train");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path() / "links/train/cat/0.jpg"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "links/train/cat/0.jpg"));
  EXPECT_THROW(link_images(set, {0}, folder.path() / "links/train"), Error);
}

TEST(SetStatistics, CountsAndSuggests) {
  const TwoClasses folder;
  const AuditedFolder result(folder.path());
  const auto statistics = summarise(result.set, result.facts);
  EXPECT_EQ(statistics.images, 22);
  EXPECT_EQ(statistics.unreadable, 1);
  EXPECT_EQ(statistics.width.median, 80);
  EXPECT_EQ(statistics.height.most, 60);
  EXPECT_THAT(statistics.kinds, ElementsAre(testing::Pair("JPEG", 21)));
  EXPECT_THAT(statistics.pixels, ElementsAre(testing::Pair("RGB, 8 bits", 21)));
  ASSERT_EQ(statistics.classes.size(), 2U);
  EXPECT_THAT(statistics.classes[0].images, ElementsAre(11));
  EXPECT_EQ(statistics.usual_image_size, 48);
  EXPECT_EQ(statistics.widths.counts, std::vector<std::int64_t>{21});
  ASSERT_EQ(statistics.widths.edges.size(), 2U);
  EXPECT_LE(statistics.widths.edges[0], 80);
  EXPECT_GT(statistics.widths.edges[1], 80);
}

bool same(const ImageFacts& a, const ImageFacts& b) {
  return a.fault == b.fault && a.reason == b.reason && a.bytes == b.bytes &&
         a.content == b.content && a.kind == b.kind && a.height == b.height && a.width == b.width &&
         a.turned == b.turned && a.stored == b.stored && a.unused_bytes == b.unused_bytes &&
         a.decoded == b.decoded && a.deviation == b.deviation && a.grey == b.grey &&
         a.likeness.hash == b.likeness.hash && a.likeness.luma == b.likeness.luma &&
         a.likeness.blue == b.likeness.blue && a.likeness.red == b.likeness.red;
}

TEST(SurveyJournal, GivesBackWhatItWasGiven) {
  const TwoClasses folder;
  const AuditedFolder result(folder.path());
  const auto file = folder / "journal";
  {
    SurveyJournal journal(file, result.set, {});
    std::vector<ImageFacts> nothing(result.facts.size());
    EXPECT_EQ(std::ranges::count(journal.read(nothing), true), 0);
    journal.add(std::vector<std::int64_t>{3, 20, 21}, result.facts);
    journal.add(std::vector<std::int64_t>{0}, result.facts);
  }
  std::vector<ImageFacts> facts(result.facts.size());
  const auto known = SurveyJournal(file, result.set, {}).read(facts);
  EXPECT_EQ(std::ranges::count(known, true), 4);
  for (const std::size_t image : {0U, 3U, 20U, 21U}) {
    EXPECT_TRUE(known[image]);
    EXPECT_TRUE(same(facts[image], result.facts[image])) << image;
  }
  SurveyConfig other;
  other.channels = 1;
  EXPECT_EQ(std::ranges::count(SurveyJournal(file, result.set, other).read(facts), true), 0)
      << "of another configuration";
}

TEST(SurveyJournal, TornAndForeignEndsAreCutOff) {
  const TwoClasses folder;
  const AuditedFolder result(folder.path());
  const auto file = folder / "journal";
  std::vector<ImageFacts> facts(result.facts.size());
  {
    SurveyJournal journal(file, result.set, {});
    journal.read(facts);
    journal.add(std::vector<std::int64_t>{0, 1, 2}, result.facts);
  }
  const auto whole = test::bytes_of(file);
  for (std::size_t length = 0; length < whole.size(); length += 37) {
    write_bytes(file, std::span(whole).first(length));
    const auto known = SurveyJournal(file, result.set, {}).read(facts);
    EXPECT_LE(std::ranges::count(known, true), 2) << length;
  }
  auto flipped = whole;
  flipped[flipped.size() - 100] ^= 1;
  write_bytes(file, flipped);
  SurveyJournal journal(file, result.set, {});
  EXPECT_EQ(std::ranges::count(journal.read(facts), true), 2);
  journal.add(std::vector<std::int64_t>{5}, result.facts);
  EXPECT_EQ(std::ranges::count(SurveyJournal(file, result.set, {}).read(facts), true), 3)
      << "what is added stands behind what is sound";
}

}  // namespace
}  // namespace dbot::data
