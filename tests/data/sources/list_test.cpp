#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/list/list_file.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// "path|label" of each entry.
std::vector<std::string> parsed(const std::string& text, ListKind kind) {
  std::vector<std::string> all;
  for (const auto& entry : parse_list(text, kind, "list")) {
    all.push_back(entry.path + "|" + entry.label);
  }
  return all;
}

std::string refused(const std::string& text, ListKind kind) {
  return message_of<DataError>([&] { parse_list(text, kind, "list"); });
}

TEST(ListFile, TextTakesAPathAndPerhapsALabel) {
  EXPECT_THAT(parsed("\xEF\xBB\xBF# a comment\r\na.jpg\r\n\r\n  b c.png  \nd, e.jpg\nf.jpg,cat\n"
                     "g h.jpg 3\ni.jpg\tbig dog\nno_extension",
                     ListKind::text),
              ElementsAre("a.jpg|", "b c.png|", "d, e.jpg|", "f.jpg|cat", "g h.jpg|3",
                          "i.jpg|big dog", "no_extension|"));
  EXPECT_THAT(parse_list("\n#\na.jpg\n", ListKind::text, "list").at(0).line, 3);
}

TEST(ListFile, FieldsWithAndWithoutAHeader) {
  EXPECT_THAT(parsed("a.jpg,cat\nb.jpg\n\"c, \"\"d\"\".jpg\" , dog\n", ListKind::commas),
              ElementsAre("a.jpg|cat", "b.jpg|", "c, \"d\".jpg|dog"));
  EXPECT_THAT(parsed("id,Label,file_name\n1,cat,a.jpg\n2,,b.bin\n", ListKind::commas),
              ElementsAre("a.jpg|cat", "b.bin|"));
  EXPECT_THAT(parsed("path\na.jpg\n", ListKind::commas), ElementsAre("a.jpg|"));
  EXPECT_THAT(parsed("a b.jpg\t1\n", ListKind::tabs), ElementsAre("a b.jpg|1"));
}

TEST(ListFile, PathsAndLabelsMayHoldSeparators) {
  EXPECT_THAT(parsed("my,photo.jpg cat\na.jpg golden retriever\nb, c.jpg,dog\nd.jpg, cow\n"
                     "x.jpg y.jpg 4\n",
                     ListKind::text),
              ElementsAre("my,photo.jpg|cat", "a.jpg|golden retriever", "b, c.jpg|dog", "d.jpg|cow",
                          "x.jpg y.jpg|4"));
  EXPECT_THAT(parsed("my,photo.jpg,cat\nb.jpg,dog\na,b,c.jpg\n", ListKind::commas),
              ElementsAre("my,photo.jpg|cat", "b.jpg|dog", "a,b,c.jpg|"));
  EXPECT_THAT(refused("path,label\na,b.jpg,1\n", ListKind::commas), HasSubstr("quote a name"));
}

TEST(ListFile, OtherSeparatorsThanTheEndingSaysAreTold) {
  const auto entries = ElementsAre("a, b.jpg|cat", "c.jpg|");
  EXPECT_THAT(parsed("path;label\na, b.jpg;cat\nc.jpg;\n", ListKind::commas), entries);
  EXPECT_THAT(parsed("\"Label\";\"Path\"\n\"cat\";\"a, b.jpg\"\n;c.jpg\n", ListKind::commas),
              entries);
  EXPECT_THAT(parsed("path\tlabel\na, b.jpg\tcat\nc.jpg\t\n", ListKind::commas), entries);
  EXPECT_THAT(parsed("path;label\na, b.jpg;cat\nc.jpg;\n", ListKind::tabs), entries);
  EXPECT_THAT(parsed("a.jpg;cat\nb.jpg;dog\n", ListKind::commas),
              ElementsAre("a.jpg|cat", "b.jpg|dog"));
  EXPECT_THAT(parsed("path,label\na;b.jpg,cat\n", ListKind::tabs), ElementsAre("a;b.jpg|cat"));
  // One that shows its own stays with it.
  EXPECT_THAT(parsed("path,note;path\na.jpg,x\n", ListKind::commas), ElementsAre("a.jpg|"));
  EXPECT_THAT(parsed("a;b.jpg,cat\n", ListKind::commas), ElementsAre("a;b.jpg|cat"));
  EXPECT_THAT(refused("id|file\n1|a.jpg\n", ListKind::commas),
              HasSubstr("separate fields by commas"));
}

TEST(ListFile, LabelsAreNumbersWithAFractionOrLists) {
  LabelReader labels;
  std::vector<std::string> words;
  for (const auto& entry :
       parse_list("a.jpg,3.0\nb.jpg,[2]\nc.jpg,\"[1, 2]\"\nd.jpg,1.5\ne.jpg,v1.0\n",
                  ListKind::commas, "list", labels)) {
    words.push_back(entry.label);
  }
  EXPECT_THAT(words, ElementsAre("3", "2", "", "1.5", "v1.0"));
  EXPECT_THAT(labels.trouble(), HasSubstr("1 labels are lists of several"));
}

TEST(ListFile, ErrorsNameTheLine) {
  EXPECT_THAT(refused("a.jpg\nb.jpg,1,2\n", ListKind::commas), HasSubstr("list:2: has 3 fields"));
  EXPECT_THAT(refused("path,label\n\na.jpg\n", ListKind::commas),
              HasSubstr("list:3: has 1 fields, expected 2"));
  EXPECT_THAT(refused("id,what\n1,a.jpg\n", ListKind::commas),
              HasSubstr("list:1: is no image's name, and as a header has no column of paths: id"));
  EXPECT_THAT(refused("\"a.jpg\nb.jpg\n", ListKind::commas), HasSubstr("list:1: has a quote"));
  EXPECT_THAT(refused("\"a\"b.jpg\n", ListKind::commas), HasSubstr("behind a closing quote"));
  EXPECT_THAT(refused("a.jpg\n,cat\n", ListKind::commas), HasSubstr("list:2: has no path"));
  EXPECT_THAT(refused("a.jpg\n\tcat\n", ListKind::text), HasSubstr("list:2: has no path"));
  EXPECT_THAT(refused(std::string("a\0b", 3), ListKind::text), HasSubstr("holds a byte 0"));
  EXPECT_THAT(refused(std::string(70000, 'a'), ListKind::text), HasSubstr("more than 65536 bytes"));
}

class ListDatasetTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Dataset> open(const std::string& name) {
    return open_images(folder_ / name, core::silent_log());
  }
  std::string refusal(const std::string& name) {
    return message_of<DataError>([&] { open(name); });
  }
  test::TemporaryFolder folder_;
};

TEST_F(ListDatasetTest, PathsCountFromTheListInItsOrder) {
  test::put_image(folder_ / "images/b.jpg");
  const std::string absolute = (folder_ / "images/b.jpg").string();
  test::write_text(folder_ / "lists/l.csv",
                   "../images/b.jpg,dog\nmissing.jpg,cat\n" + absolute + ",\n");
  const auto dataset = open("lists/l.csv");
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_EQ(load_image(*dataset, 0, 3).width, 45);
  EXPECT_EQ(dataset->name(2), absolute);
  EXPECT_THAT(dataset->classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(dataset->label(0), 1);
  EXPECT_EQ(dataset->label(2), -1);
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 1, 3); }),
              HasSubstr("cannot be opened"));
}

TEST_F(ListDatasetTest, WithoutLabelsThereAreNoClasses) {
  test::put_image(folder_ / "a.jpg");
  test::write_text(folder_ / "l.txt", "a.jpg\na.jpg\n");
  EXPECT_THAT(open("l.txt")->classes(), IsEmpty());
  EXPECT_EQ(open("l.txt")->label(1), -1);
}

TEST_F(ListDatasetTest, ListsOfWhichNothingIsThereAreRefused) {
  test::write_text(folder_ / "l.txt", "# nothing\n");
  EXPECT_THAT(refusal("l.txt"), HasSubstr("names no image"));
  test::write_text(folder_ / "l.txt", "# nothing\nx/a.jpg\nx/b.jpg\n");
  EXPECT_THAT(refusal("l.txt"), HasSubstr("l.txt:2: x/a.jpg does not exist, and so with 1 more"));
}

TEST_F(ListDatasetTest, ListsOfPartsDivide) {
  test::put_image(folder_ / "a.jpg");
  test::write_text(folder_ / "train.txt", "a.jpg 0\na.jpg 1\na.jpg\n");
  test::write_text(folder_ / "val.txt", "a.jpg 2\n");
  test::KeptLog kept;
  const auto splits = open_labelled(folder_ / "{train,val}.txt", 0, kept.log());
  EXPECT_EQ(splits.train->size(), 2);
  EXPECT_THAT(splits.train->classes(), ElementsAre("0", "1", "2"));
  EXPECT_EQ(splits.test->label(0), 2);
  EXPECT_THAT(kept.lines, ElementsAre(HasSubstr("train.txt: 1 images without a label")));
}

}  // namespace
}  // namespace dbot::data
