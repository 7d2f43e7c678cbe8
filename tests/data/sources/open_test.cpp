#include "dbot/data/sources/open.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

// From a path to the parts of a data set, whatever its kind.
namespace dbot::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Open : public ::testing::Test {
 protected:
  void put(std::initializer_list<const char*> names) {
    for (const char* name : names) test::put_image(folder_ / name);
  }
  DataParts open(Wanted wanted, bool wants_labels = false) {
    return data::open(folder_.path(), wanted, {.log = kept_.log(), .wants_labels = wants_labels});
  }
  std::vector<std::string> names(const DataParts& parts) {
    std::vector<std::string> names;
    for (const auto& part : parts.named()) names.push_back(part.name);
    return names;
  }

  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(Open, GivesThePartsThatAreWanted) {
  put({"train/a.jpg", "train/b.jpg", "val/c.jpg", "test/d.jpg"});
  EXPECT_THAT(names(open(Wanted::all)), ElementsAre("train", "val", "test"));
  EXPECT_THAT(names(open(Wanted::train_and_held_out)), ElementsAre("train", "val"));
  EXPECT_THAT(names(open(Wanted::held_out)), ElementsAre("val"));
  EXPECT_THAT(kept_.lines, IsEmpty());
  const auto parts = open(Wanted::train);
  EXPECT_THAT(names(parts), ElementsAre("train"));
  EXPECT_EQ(parts.train->size(), 2);
  EXPECT_EQ(parts.held_out(), nullptr);
  ASSERT_EQ(kept_.lines.size(), 1U);
  EXPECT_THAT(kept_.lines[0], ::testing::HasSubstr("using train/; val/ is left for evaluation"));
}

TEST_F(Open, WhatIsNotDividedIsForTraining) {
  put({"a.jpg", "b.jpg"});
  for (const auto wanted : {Wanted::train, Wanted::train_and_held_out, Wanted::all}) {
    const auto parts = open(wanted);
    EXPECT_THAT(names(parts), ElementsAre(""));
    EXPECT_EQ(parts.train->size(), 2);
  }
  EXPECT_THAT(open(Wanted::held_out).named(), IsEmpty());
  EXPECT_EQ(open_held_out(folder_.path(), kept_.log()), nullptr);
  EXPECT_EQ(open_held_out(folder_ / "gone", kept_.log()), nullptr);
}

TEST_F(Open, FoldersCountTheSameClassesWhereLabelsAreWanted) {
  put({"train/bee/1.jpg", "train/dog/2.jpg", "val/ant/3.jpg", "val/dog/4.jpg", "val/loose.jpg"});
  auto parts = open(Wanted::train_and_held_out);
  EXPECT_THAT(parts.train->classes(), ElementsAre("bee", "dog"));
  EXPECT_THAT(parts.val->classes(), ElementsAre("ant", "dog"));
  EXPECT_EQ(parts.val->size(), 3);
  parts = open(Wanted::train_and_held_out, /*wants_labels=*/true);
  EXPECT_THAT(parts.train->classes(), ElementsAre("ant", "bee", "dog"));
  EXPECT_EQ(parts.val->classes(), parts.train->classes());
  EXPECT_EQ(parts.train->label(0), 1);
  EXPECT_EQ(parts.val->size(), 2);
  EXPECT_EQ(parts.val->label(1), 2);
}

TEST_F(Open, KnowsTheKind) {
  put({"images/a.jpg"});
  test::write_text(folder_ / "list.txt", "images/a.jpg\n");
  const auto kind_of = [&](const char* path) {
    return data::open(folder_ / path, Wanted::train, {kept_.log()}).source.kind->id;
  };
  EXPECT_EQ(kind_of("images"), "folder");
  EXPECT_EQ(kind_of("list.txt"), "list");
  std::set<std::string_view> ids;
  for (const auto& kind : source_kinds()) EXPECT_TRUE(ids.insert(kind.id).second) << kind.id;
}

TEST_F(Open, AMissingPathIsMissingAndAnEmptyFolderIsEmpty) {
  const auto fault_of = [&](const char* path) {
    try {
      open_images(folder_ / path, kept_.log());
    } catch (const DataError& error) {
      EXPECT_EQ(error.fields().subject, (folder_ / path).string());
      return error.fault();
    }
    return Fault::other;
  };
  std::filesystem::create_directory(folder_ / "empty");
  test::write_text(folder_ / "note.md", "no data");
  EXPECT_EQ(fault_of("gone"), Fault::missing);
  EXPECT_EQ(fault_of("part-*.tar"), Fault::missing);
  EXPECT_EQ(fault_of("empty"), Fault::empty);
  EXPECT_EQ(fault_of("note.md"), Fault::unsupported);
}

}  // namespace
}  // namespace dbot::data
