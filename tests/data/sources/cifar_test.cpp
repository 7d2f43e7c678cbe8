#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/image/sample_image.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::message_of;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// Records whose labels count up from `first`, red as the label, green 100, blue 200.
std::vector<std::uint8_t> records(int count, int first, std::vector<std::uint8_t> before = {}) {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < count; ++i) {
    const auto label = static_cast<std::uint8_t>(first + i);
    bytes.insert(bytes.end(), before.begin(), before.end());
    bytes.push_back(label);
    for (const std::uint8_t value : {label, std::uint8_t{100}, std::uint8_t{200}}) {
      bytes.insert(bytes.end(), 1024, value);
    }
  }
  return bytes;
}

class Cifar : public ::testing::Test {
 protected:
  std::string refusal(const std::filesystem::path& path) {
    return message_of<DataError>([&] { open_images(path, kept_.log()); });
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(Cifar, TenAsItIsDistributed) {
  test::write_bytes(folder_ / "data_batch_1.bin", records(3, 0));
  test::write_bytes(folder_ / "data_batch_2.bin", records(2, 3));
  test::write_bytes(folder_ / "test_batch.bin", records(2, 8));
  test::write_text(folder_ / "batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  test::write_text(folder_ / "readme.html", "x");
  const auto train = open_images(folder_.path(), kept_.log());
  ASSERT_EQ(train->size(), 5);
  EXPECT_EQ(train->label(4), 4);
  EXPECT_EQ(train->classes().at(4), "e");
  EXPECT_THAT(train->name(4), EndsWith("data_batch_2.bin[1]"));
  const auto image = load_image(*train, 4, 3);
  EXPECT_EQ(image.width, 32);
  EXPECT_EQ(image.pixels.size(), 3072U);
  EXPECT_THAT(std::vector(image.pixels.end() - 3, image.pixels.end()), ElementsAre(4, 100, 200));
  EXPECT_EQ(load_image(*train, 4, 1).pixels.at(7), 83);  // 0.299 · 4 + 0.587 · 100 + 0.114 · 200
  EXPECT_THAT(kept_.lines, ElementsAre(HasSubstr("test_batch.bin is left for evaluation")));
  const auto splits = open_labelled(folder_.path(), 0, kept_.log());
  EXPECT_EQ(splits.test->label(1), 9);
  EXPECT_THROW(load_image(*train, 5, 3), DataError);
}

TEST_F(Cifar, AHundredByTheirFineLabels) {
  test::write_bytes(folder_ / "train.bin", records(3, 90, {7}));
  test::write_bytes(folder_ / "test.bin", records(1, 5, {7}));
  const auto train = open_images(folder_.path(), kept_.log());
  ASSERT_EQ(train->size(), 3);
  EXPECT_EQ(train->label(0), 90);
  EXPECT_EQ(train->classes().size(), 100U);
  EXPECT_EQ(load_image(*train, 0, 3).pixels.at(0), 90);
  EXPECT_EQ(open_images(folder_ / "test.bin", kept_.log())->label(0), 5);
}

TEST_F(Cifar, UnsoundFilesAreRefusedByName) {
  auto bytes = records(2, 9);
  test::write_bytes(folder_ / "data_batch_1.bin", bytes);
  EXPECT_THAT(refusal(folder_ / "data_batch_1.bin"),
              HasSubstr("data_batch_1.bin: image 1 has label 10, expected 0 to 9"));
  bytes.resize(5000);
  test::write_bytes(folder_ / "data_batch_1.bin", bytes);
  EXPECT_THAT(refusal(folder_ / "data_batch_1.bin"), HasSubstr("has 5000 bytes, expected images"));
  test::write_bytes(folder_ / "data_batch_1.bin", records(1, 0));
  test::write_bytes(folder_ / "train.bin", records(1, 0, {1}));
  test::write_bytes(folder_ / "test_batch.bin", records(1, 0));
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("of CIFAR-10 and CIFAR-100"));
}

}  // namespace
}  // namespace dbot::data
