// Captions of images: the files that hold them, and how they find their images.
#include "dbot/data/text/captions/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/text/captions/caption_file.h"
#include "dbot/data/text/text_dataset.h"
#include "dbot/data/text/text_part.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/tar_files.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::data {
namespace {

using test::message_of;
using test::put_image;
using test::write_text;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string caption_of(const Dataset& images, std::int64_t index) {
  Sample sample;
  images.read(index, sample);
  const auto bytes = sample.part(kCaptionPart).bytes();
  return {bytes.begin(), bytes.end()};
}

/// Four images in two folders, two of which have the same base name.
class Captions : public ::testing::Test {
 protected:
  Captions() {
    for (const char* name : {"a/1.jpg", "a/2.jpg", "b/1.jpg", "b/3.jpg"}) {
      put_image(folder_ / "images" / name);
    }
  }
  std::filesystem::path file(const std::string& name, const std::string& text) {
    write_text(folder_ / name, text);
    return folder_ / name;
  }
  MatchedCaptions matched(const std::string& from, Wanted wanted = Wanted::train) {
    const auto path = folder_ / "images";
    const OpenContext context{.log = log_};
    return with_captions(open(path, wanted, context), from, path, context);
  }
  std::vector<std::string> texts(const std::string& from) {
    std::vector<std::string> all;
    const auto captions = matched(from);
    const auto& images = *captions.parts.front();
    for (std::int64_t i = 0; i < images.size(); ++i) all.push_back(caption_of(images, i));
    return all;
  }
  std::string refusal(const std::string& from) {
    return message_of<DataError>([&] { matched(from); });
  }

  test::TemporaryFolder folder_;
  test::KeptLog kept_;
  core::Log log_ = kept_.log();
};

TEST_F(Captions, OfATableKeepAllInItsOrder) {
  EXPECT_THAT(texts(file("c.csv",
                         "image,caption\r\na/1.jpg,\"A dog, \"\"Rex\"\"\"\r\na/2.jpg,one\r\n"
                         "a/1.jpg,\"two\nlines\"\r\nb/1.jpg,x\r\nb/3.jpg,y\r\n")),
              ElementsAre("A dog, \"Rex\"\ntwo lines", "one", "x", "y"));
  EXPECT_THAT(kept_.lines, Contains(HasSubstr("5 captions of 4 images")));
  EXPECT_THAT(kept_.lines, Not(Contains(HasSubstr("no caption"))));
}

TEST_F(Captions, AreCountedWhereTheyOrTheirImagesAreMissing) {
  const auto counts = matched(file("c.tsv",
                                   "caption\tfile_name\nfirst\ta/1.jpg\n  \ta/2.jpg\n"
                                   "gone\tz/9.jpg\nl\xE9on\tb/1.jpg\n"))
                          .counts;
  EXPECT_EQ(counts.images, 4);
  EXPECT_EQ(counts.captioned, 2);
  EXPECT_EQ(counts.captions, 2);
  EXPECT_THAT(counts.without.first, ElementsAre("a/2.jpg", "b/3.jpg"));
  EXPECT_THAT(counts.missing.first, ElementsAre("z/9.jpg"));
  EXPECT_THAT(counts.empty.first, ElementsAre("a/2.jpg"));
  EXPECT_THAT(counts.broken.first, ElementsAre("b/1.jpg"));
  EXPECT_THAT(kept_.lines, Contains(HasSubstr("2 images have no caption: a/2.jpg, b/3.jpg")));
  EXPECT_THAT(kept_.lines,
              Contains(HasSubstr("1 images that captions name are not there: z/9.jpg")));
}

TEST_F(Captions, FindImagesByBaseNameKeyAndPath) {
  const auto whole = (folder_ / "images/b/1.jpg").string();
  EXPECT_THAT(texts(file("c.csv", "image,caption\n2.jpg,base\nb/3,stem\n" + whole +
                                      ",whole\nimages/a/1.jpg,from the file\n")),
              ElementsAre("from the file", "base", "whole", "stem"));
  EXPECT_THAT(refusal(file("d.csv", "image,caption\n1.jpg,which\n")),
              HasSubstr("d.csv: 1.jpg is a/1.jpg and b/1.jpg; call images by their paths"));
  EXPECT_THAT(refusal(file("e.csv", "image,caption\nq.jpg,none\n")),
              HasSubstr("has no caption for any of the 4 images; it names: q.jpg"));
}

TEST_F(Captions, OfFlickrHaveNumbersBehindTheirImages) {
  EXPECT_THAT(texts(file("c.token", "a/1.jpg#0\tOne \"dog\" .\na/1.jpg#1\t\"Two\" dogs\n")),
              ElementsAre("One \"dog\" .\n\"Two\" dogs", "", "", ""));
  EXPECT_THAT(texts(file("d.csv", "image_name| comment_number| comment\n2.jpg| 0| A man, far\n")),
              ElementsAre("", "A man, far", "", ""));
}

TEST_F(Captions, OfJsonAreTextsOrLists) {
  EXPECT_THAT(texts(file("c.jsonl",
                         "{\"image\": \"a/1.jpg\", \"caption\": \"one\"}\n\n"
                         "{\"file_name\": \"2.jpg\", \"captions\": [\"two\", \"three\"]}\r\n"
                         "{\"image\": \"b/1.jpg\", \"caption\": null}\n")),
              ElementsAre("one", "two\nthree", "", ""));
  EXPECT_THAT(
      texts(file("c.json",
                 R"({"images": [{"id": 7, "file_name": "a/1.jpg"}, {"id": 8, "file_name": "3.jpg"}],
                             "annotations": [{"image_id": 8, "caption": "x"}, {"image_id": 7, "caption": "y"}]})")),
      ElementsAre("y", "", "", "x"));
  EXPECT_THAT(texts(file("d.json", R"([{"image": "3.jpg", "text": "z"}])")),
              ElementsAre("", "", "", "z"));
}

TEST_F(Captions, BesideImagesAreLinesOfATextFile) {
  file("images/a/1.txt", "one\n\ntwo\r\n");
  file("images/b/3.txt", "\n");
  const auto counts = matched("beside").counts;
  EXPECT_EQ(counts.captions, 2);
  EXPECT_EQ(counts.empty.count, 1);
  EXPECT_THAT(texts("beside"), ElementsAre("one\ntwo", "", "", ""));
}

TEST_F(Captions, OfTwoPartsNameTheImagesOfBoth) {
  for (const char* name : {"train/1.jpg", "train/2.jpg", "val/3.jpg"}) {
    put_image(folder_ / "parts" / name);
  }
  const auto path = folder_ / "parts";
  const OpenContext context{.log = log_};
  const auto captions = with_captions(
      open(path, Wanted::train_and_held_out, context),
      file("c.csv", "image,caption\n1.jpg,one\n2.jpg,two\nval/3.jpg,three\n"), path, context);
  ASSERT_EQ(captions.parts.size(), 2U);
  EXPECT_EQ(captions.parts[1]->captions(0), "three");
  EXPECT_EQ(captions.counts.missing.count, 0);
}

TEST_F(Captions, OfTarArchivesAreTheirTextsElseTheirJson) {
  for (const char* shard : {"s-0.tar", "s-1.tar"}) {
    test::TarWriter tar;
    tar.add("0001.jpg", test::one_picture());
    tar.add("0001.txt", std::string("of ") + shard);
    tar.add("0001.json", R"({"caption": "not this"})");
    tar.add("0002.jpg", test::one_picture());
    tar.add("0002.json", R"({"caption": ["a", "b"], "label": 3})");
    file(std::string("tars/") + shard, tar.finish());
  }
  const auto path = folder_ / "tars";
  const OpenContext context{.log = log_};
  const auto captions = with_captions(open(path, Wanted::train, context), "beside", path, context);
  const auto& images = *captions.parts.front();
  EXPECT_EQ(images.captions(0), "of s-0.tar");
  EXPECT_EQ(images.captions(1), "a\nb");
  EXPECT_EQ(images.captions(2), "of s-1.tar");
  EXPECT_EQ(captions.counts.captions, 6);
}

TEST_F(Captions, OfParquetAreAColumnOfTexts) {
  const OpenContext context{.log = log_};
  for (const auto& [name, expected] : {std::pair{"captions.parquet", "zero|one a\none b||three"},
                                       std::pair{"texts.parquet", "zero||two"}}) {
    const auto path = test::fixtures() / "text" / name;
    const auto captions =
        with_captions(open(path, Wanted::train, context), "beside", path, context);
    std::string found;
    for (std::int64_t i = 0; i < captions.parts[0]->size(); ++i) {
      found += (i > 0 ? "|" : "") + std::string(captions.parts[0]->captions(i));
    }
    EXPECT_EQ(found, expected);
  }
  const auto path = test::fixtures() / "parquet/plain.parquet";
  EXPECT_THAT(message_of<DataError>([&] {
                with_captions(open(path, Wanted::train, context), "beside", path, context);
              }),
              HasSubstr("has no column of captions"));
}

TEST_F(Captions, SayFileAndRowOfWhatIsWrong) {
  const auto refused = [&](const std::string& name, const std::string& text) {
    return refusal(file(name, text));
  };
  EXPECT_THAT(refused("1.csv", "image,caption\na/1.jpg,a dog, running\n"),
              HasSubstr("1.csv:2: has 3 fields, expected 2; put a caption"));
  EXPECT_THAT(refused("2.csv", "image,caption\n\"x\ny\",b\na/1.jpg\n"),
              HasSubstr("2.csv:4: has 1"));
  EXPECT_THAT(refused("3.csv", "image,caption\na/1.jpg,\"open\n"),
              HasSubstr("3.csv:2: has a quote that is not closed"));
  EXPECT_THAT(refused("4.csv", "image,caption\na/1.jpg,\"x\" y\n"),
              HasSubstr("4.csv:2: goes on behind a closing quote"));
  EXPECT_THAT(refused("5.csv", "photo,words\na/1.jpg,x\n"),
              HasSubstr("5.csv:1: heads no table of captions: photo, words"));
  EXPECT_THAT(refused("6.csv", "image,caption\n,x\n"), HasSubstr("6.csv:2: names no image"));
  EXPECT_THAT(refused("7.csv", std::string("image,caption\na.jpg,x\0y\n", 24)),
              HasSubstr("7.csv:2: holds a byte 0"));
  EXPECT_THAT(refused("8.csv", "image,caption\n"), HasSubstr("8.csv: holds no caption"));
  EXPECT_THAT(refused("1.jsonl", "{\"image\": \"a\", \"caption\": \"b\"}\n{\"image\": 3}\n"),
              HasSubstr("1.jsonl:2: names no image"));
  EXPECT_THAT(refused("2.jsonl", "{\"image\": \"a\"}\n"), HasSubstr("2.jsonl:1: has no caption"));
  EXPECT_THAT(refused("3.jsonl", "{\n"), HasSubstr("3.jsonl:1: is no JSON"));
  EXPECT_THAT(refused("4.jsonl", "{\"image\": \"a\", \"caption\": 5}\n"),
              HasSubstr("neither a text nor a list"));
  EXPECT_THAT(refused("1.json", R"({"images": [{"id": 7, "file_name": "a"}],
                                    "annotations": [{"image_id": 9, "caption": "x"}]})"),
              HasSubstr("1.json: annotation 0 has image_id 9, which none of the 1 images has"));
  EXPECT_THAT(refused("2.json", "{}"), HasSubstr("has no list \"images\""));
  EXPECT_THAT(refusal((folder_ / "gone.csv").string()),
              HasSubstr("gone.csv is no file of captions"));
}

TEST_F(Captions, AloneAreTextsWithoutImages) {
  const auto lines = open_texts(file("t.txt", "one\n\n  \ntwo, three\r\ncaf\xE9\n"), log_);
  ASSERT_EQ(lines->size(), 3);
  EXPECT_EQ(caption_of(*lines, 1), "two, three");
  EXPECT_THAT(lines->name(1), HasSubstr("t.txt[1]"));
  EXPECT_EQ(lines->label(0), -1);
  Sample sample;
  lines->read(0, sample);
  EXPECT_EQ(sample.find("image"), nullptr);
  EXPECT_THAT(kept_.lines, Contains(HasSubstr("1 of 3 texts have bytes that are no UTF-8")));
  EXPECT_THAT(message_of<DataError>([&] { lines->read(3, sample); }), HasSubstr("no text 3 of 3"));

  const auto table = file("captions.txt", "image,caption\na/1.jpg,one\na/1.jpg,\"two\nlines\"\n");
  EXPECT_EQ(open_texts(table, log_)->text(1), "two lines");
  const auto captions = matched(table);
  EXPECT_EQ(texts_of(*captions.parts.front(), "captions")->size(), 2);
  EXPECT_THAT(message_of<DataError>([&] { open_texts(file("e.txt", " \n"), log_); }),
              HasSubstr("e.txt: holds no text"));
}

}  // namespace
}  // namespace dbot::data
