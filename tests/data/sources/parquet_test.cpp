#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "dbot/data/sources/parquet/parquet_columns.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

ParquetColumn binary(const std::string& path) {
  return {.path = path, .binary = true};
}
ParquetColumn text(const std::string& path) {
  return {.path = path, .binary = true, .text = true};
}
ParquetColumn number(const std::string& path) {
  return {.path = path, .whole_number = true};
}

TEST(ParquetColumns, FeaturesSayWhichTheyAre) {
  const auto chosen = choose_columns(
      {binary("mask.bytes"), binary("photo.bytes"), number("coarse_label"), number("fine_label")},
      R"({"info": {"features": {"photo": {"_type": "Image"}, "note": {"dtype": "string"},
          "coarse_label": {"_type": "ClassLabel", "names": ["x"]},
          "fine_label": {"_type": "ClassLabel", "names": ["a", "b"]}}}})");
  EXPECT_EQ(chosen.image, 1);
  EXPECT_EQ(chosen.label, 3);
  EXPECT_THAT(chosen.classes, ElementsAre("a", "b"));
}

TEST(ParquetColumns, ElseNamesAndTypesDo) {
  for (const char* features :
       {"", "no JSON", R"({"info": 3})", R"({"info": {"features": {"image": 1}}})"}) {
    EXPECT_EQ(choose_columns({text("path"), binary("x.bytes")}, features).image, 1);
    EXPECT_EQ(choose_columns({binary("thumbnail"), binary("Image")}, features).image, 1);
    EXPECT_EQ(choose_columns({number("x"), binary("thumbnail")}, features).image, 1);
    EXPECT_EQ(choose_columns({text("image"), number("label")}, features).image, -1);
    EXPECT_EQ(choose_columns({binary("image"), number("Label")}, features).label, 1);
    EXPECT_EQ(choose_columns({binary("image"), {.path = "label"}}, features).label, -1);
  }
}

TEST(ParquetColumns, OfSeveralImagesTheOneThatIsCalledSo) {
  const auto features = [](const std::string& a, const std::string& b) {
    return R"({"info": {"features": {")" + a + R"(": {"_type": "Image"}, ")" + b +
           R"(": {"_type": "Image"}}}})";
  };
  for (const char* other : {"annotation", "conditioning_image", "depth_map", "cropped", "zoomed"}) {
    const std::string name(other);
    for (const char* image : {"image", "img", "jpg", "pixel_values"}) {
      const std::vector<ParquetColumn> structs{binary(name + ".bytes"),
                                               binary(std::string(image) + ".bytes")};
      for (const auto& stored : {features(name, image), std::string()}) {
        const auto chosen = choose_columns(structs, stored);
        EXPECT_EQ(chosen.image, 1) << name << ' ' << image;
        EXPECT_THAT(chosen.other_images, ElementsAre(0));
      }
      EXPECT_EQ(choose_columns({binary(name), binary(image)}, "").image, 1);
    }
  }
  // Without a usual name: the first that does not accompany another, as the file has them.
  EXPECT_EQ(
      choose_columns({binary("mask.bytes"), binary("left.bytes"), binary("a.bytes")}, "").image, 1);
  EXPECT_EQ(choose_columns({binary("z.bytes"), binary("a.bytes")}, features("a", "z")).image, 0);
}

TEST(ParquetColumns, LabelsMayBeRealNumbersAndLists) {
  const ParquetColumn real{.path = "label", .real_number = true};
  EXPECT_EQ(choose_columns({binary("image"), real}, "").label, 1);
  const ParquetColumn list{.path = "labels.list.element", .whole_number = true, .list = true};
  for (const char* features :
       {R"({"_type": "Sequence", "feature": {"names": ["a", "b"], "_type": "ClassLabel"}})",
        R"([{"names": ["a", "b"], "_type": "ClassLabel"}])"}) {
    const auto chosen =
        choose_columns({binary("image"), list},
                       R"({"info": {"features": {"image": {"_type": "Image"}, "labels": )" +
                           std::string(features) + "}}}");
    EXPECT_EQ(chosen.label, 1);
    EXPECT_TRUE(chosen.label_is_list);
    EXPECT_EQ(chosen.odd_label, -1);
    EXPECT_THAT(chosen.classes, ElementsAre("a", "b"));
  }
  EXPECT_EQ(choose_columns({binary("image"), real, list}, "").label, 1)
      << "a plain one comes first";
  EXPECT_FALSE(choose_columns({binary("image"), real, list}, "").label_is_list);
}

TEST(ParquetColumns, NestedLabelsAreOdd) {
  ParquetColumn nested{
      .path = "labels.list.element.id", .whole_number = true, .list = true, .nested = true};
  for (const auto& odd : {nested, number("label.id"), ParquetColumn{.path = "label.when"}}) {
    const auto chosen = choose_columns({binary("image"), odd, number("size")}, "");
    EXPECT_EQ(chosen.label, -1);
    EXPECT_EQ(chosen.odd_label, 1);
  }
  // An image beside the image is none.
  const auto chosen =
      choose_columns({binary("image.bytes"), binary("target.bytes"), text("target.path")}, "");
  EXPECT_EQ(chosen.odd_label, -1);
  EXPECT_EQ(choose_columns({binary("image"), number("labelled.id")}, "").odd_label, -1);
}

/// The rest needs Arrow, which a build may lack.
class Parquet : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto message = message_of<DataError>([&] { open("plain.parquet"); });
    if (message.find("without Apache Arrow") != std::string::npos) GTEST_SKIP() << message;
  }
  std::shared_ptr<const Dataset> open(const std::string& name) {
    return open_images(fixtures_ / name, kept_.log());
  }
  std::string refusal(const fs::path& path) {
    return message_of<DataError>([&] { open_images(path, kept_.log()); });
  }
  fs::path fixtures_ = test::fixtures() / "parquet";
  test::KeptLog kept_;
};

std::vector<std::int64_t> labels_of(const Dataset& dataset) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < dataset.size(); ++i) all.push_back(dataset.label(i));
  return all;
}

TEST_F(Parquet, ShardsOfHuggingFaceAreOneDivided) {
  test::TemporaryFolder folder;
  for (const char* name : {"train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"}) {
    fs::copy_file(fixtures_ / (std::string(name) + ".parquet"),
                  folder / (std::string(name) + ".parquet"));
  }
  const auto train = open_images(folder.path(), kept_.log());
  ASSERT_EQ(train->size(), 8);
  EXPECT_THAT(train->classes(), ElementsAre("dog", "cat", "cow"));
  EXPECT_THAT(labels_of(*train), ElementsAre(2, 0, 1, -1, 0, 1, -1, 2));
  EXPECT_THAT(train->name(7), EndsWith("train-00001-of-00002.parquet[2]"));
  for (const std::int64_t i : {7, 0, 3, 4, 5, 1, 2, 6, 0}) {
    const auto image = load_image(*train, i, 3);
    EXPECT_EQ(image.width, 8);
    EXPECT_THAT(std::vector(image.pixels.begin(), image.pixels.begin() + 3),
                ElementsAre(10 * i, 100, 200));
  }
  const auto splits = open_labelled(folder.path(), 0, kept_.log());
  EXPECT_EQ(splits.train->size(), 6);
  EXPECT_THAT(labels_of(*splits.test), ElementsAre(0, 1));
}

TEST_F(Parquet, SeveralColumnsOfImagesAreSaid) {
  const auto dataset = open("SEVERAL.PARQUET");
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_EQ(load_image(*dataset, 2, 3).pixels.at(0), 20);
  EXPECT_THAT(labels_of(*dataset), ElementsAre(1, -1, 0));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("taken from column image; annotation may hold"),
                                       HasSubstr("such as 0.5")));
}

TEST_F(Parquet, ColumnsOfOtherBytesAreNoImages) {
  const auto dataset = open("bytes.parquet");
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(load_image(*dataset, 1, 3).pixels.at(0), 10) << "column blob";
  EXPECT_THAT(kept_.lines,
              ElementsAre(testing::AllOf(HasSubstr("taken from column blob; thumbnail may hold"),
                                         testing::Not(HasSubstr("a_hash")))));
}

TEST_F(Parquet, ListsOfOneAreLabels) {
  EXPECT_THAT(labels_of(*open("lists.parquet")), ElementsAre(-1, 1));
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("1 labels are lists of several")));
}

TEST_F(Parquet, StructsThatAreCalledLabelsAreSaid) {
  EXPECT_THAT(open("struct_label.parquet")->classes(), testing::IsEmpty());
  EXPECT_THAT(kept_.lines, ElementsAre(AllOf(HasSubstr("column label holds structs"),
                                             HasSubstr("unlabelled"), HasSubstr("one a row"))));
}

TEST_F(Parquet, PathsAloneAreSaidWithTheWayOut) {
  const auto dataset = open("paths.parquet");
  EXPECT_THAT(labels_of(*dataset), ElementsAre(0, -1)) << "a list of one, an empty one";
  EXPECT_THAT(kept_.lines, ElementsAre(AllOf(HasSubstr("no bytes in column image"),
                                             HasSubstr("list them in a .csv file"))));
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 1, 3); }),
              AllOf(HasSubstr("paths.parquet[1]: has no bytes"), HasSubstr(".csv")));
}

TEST_F(Parquet, PlainColumnsAndMissingImages) {
  const auto dataset = open("plain.parquet");
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_THAT(dataset->classes(), ElementsAre("owl", "seal"));
  EXPECT_THAT(labels_of(*dataset), ElementsAre(1, 0, 1));
  EXPECT_EQ(load_image(*dataset, 2, 3).pixels.at(0), 20);
  EXPECT_THAT(message_of<DataError>([&] { load_image(*dataset, 1, 3); }),
              HasSubstr("plain.parquet[1]: has no bytes"));
}

TEST_F(Parquet, SeveralThreadsReadTheSameImages) {
  const auto dataset = open("train-00000-of-00002.parquet");
  std::vector<std::future<bool>> threads;
  for (int i = 0; i < 8; ++i) {
    threads.push_back(std::async(std::launch::async, [&dataset, i] {
      bool right = true;
      for (int k = 0; k < 50; ++k) {
        const std::int64_t index = (i + k) % dataset->size();
        right &= load_image(*dataset, index, 3).pixels.at(0) == 10 * index;
      }
      return right;
    }));
  }
  for (auto& thread : threads) EXPECT_TRUE(thread.get());
}

TEST_F(Parquet, UnsoundFilesAreRefusedByName) {
  EXPECT_THAT(refusal(fixtures_ / "no_image.parquet"),
              AllOf(HasSubstr("has no column of images"), HasSubstr("text, number"),
                    HasSubstr("list them in a .csv")));
  test::TemporaryFolder folder;
  const auto whole = test::bytes_of(fixtures_ / "train-00000-of-00002.parquet");
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    test::write_bytes(folder / "cut.parquet", std::span(whole).first(size));
    EXPECT_THAT(refusal(folder / "cut.parquet"),
                HasSubstr("cut.parquet: is no sound Parquet file"));
  }
}

TEST_F(Parquet, DamageIsAnErrorOfItsImage) {
  test::TemporaryFolder folder;
  auto bytes = test::bytes_of(fixtures_ / "train-00001-of-00002.parquet");
  for (std::size_t i = 60; i < 500; ++i) bytes[i] = 0x55;
  test::write_bytes(folder / "damaged.parquet", bytes);
  const auto message = message_of<DataError>([&] {
    const auto dataset = open_images(folder / "damaged.parquet", kept_.log());
    for (std::int64_t i = 0; i < dataset->size(); ++i) load_image(*dataset, i, 3);
  });
  EXPECT_THAT(message, HasSubstr("damaged.parquet"));
}

}  // namespace
}  // namespace dbot::data
