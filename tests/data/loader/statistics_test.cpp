#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "dbot/data/loader/statistics.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/image/made_files.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

using test::MemoryDataset;

TEST(Statistics, EqualThePlainFormulaOverAllPixels) {
  const MemoryDataset dataset(6);
  const auto statistics = measure_statistics(dataset, 3, 100, 0);
  ASSERT_EQ(statistics.mean.size(), 3U);
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0, count = 0;
    for (std::int64_t i = 0; i < 6; ++i) {
      const auto image = load_image(dataset, i, 3);
      for (std::size_t p = c; p < image.pixels.size(); p += 3) {
        sum += image.pixels[p] / 255.0;
        squares += image.pixels[p] / 255.0 * (image.pixels[p] / 255.0);
        ++count;
      }
    }
    EXPECT_NEAR(statistics.mean[c], sum / count, 1e-12);
    EXPECT_NEAR(statistics.std[c], std::sqrt(squares / count - sum * sum / count / count), 1e-12);
  }
}

TEST(Statistics, TheChoiceIsSeeded) {
  const MemoryDataset dataset(100);
  EXPECT_EQ(measure_statistics(dataset, 1, 5, 1).mean, measure_statistics(dataset, 1, 5, 1).mean);
  EXPECT_NE(measure_statistics(dataset, 1, 5, 1).mean, measure_statistics(dataset, 1, 5, 2).mean);
}

TEST(Statistics, ValuesBeyondWhiteAreSeenAndMapped) {
  test::TemporaryFolder folder;
  const std::vector<float> values{0, 100, 200, 255};
  test::write_bytes(folder / "a.npy", test::npy_of("<f4", "2, 2", test::bytes_of_values(values)));
  const auto dataset = open_images(folder.path(), core::silent_log());
  const auto usual = measure_statistics(*dataset, 1, 10, 0);
  EXPECT_NEAR(usual.mean.at(0), 0.75, 1e-12);
  EXPECT_THAT(usual.values.trouble(), testing::HasSubstr("from 0 to 255"));
  EXPECT_NEAR(measure_statistics(*dataset, {1, {0, 255}}, 10, 0).mean.at(0), 555.0 / 1020, 1e-12);
}

TEST(Statistics, OfSixChannelsEachHasItsOwn) {
  test::TemporaryFolder folder;
  std::vector<std::uint8_t> values;
  for (int i = 0; i < 14 * 15 * 6; ++i) values.push_back(static_cast<std::uint8_t>(40 * (i % 6)));
  test::write_bytes(folder / "a.npy", test::npy_of("|u1", "14, 15, 6", values));
  const auto dataset = open_images(folder.path(), core::silent_log());
  EXPECT_EQ(usual_channels(*dataset), 6);
  const auto mean = measure_statistics(*dataset, 6, 10, 0).mean;
  ASSERT_EQ(mean.size(), 6U);
  for (std::size_t c = 0; c < 6; ++c) EXPECT_NEAR(mean[c], 40.0 * c / 255, 1e-12);
}

TEST(Statistics, UnreadableImagesArePassedOver) {
  const MemoryDataset one(1);
  const auto expected = measure_statistics(one, 1, 10, 0);
  EXPECT_EQ(measure_statistics(MemoryDataset(2, {1}), 1, 10, 0).mean, expected.mean);
  EXPECT_THAT(
      test::message_of<DataError>([] { measure_statistics(MemoryDataset(1, {0}), 1, 10, 0); }),
      ::testing::HasSubstr("s0: is broken"));
}

/// One image of one colour.
class Constant final : public Dataset {
 public:
  std::int64_t size() const override { return 1; }
  void read(std::int64_t, Sample& sample) const override {
    sample.begin("x");
    constexpr std::array<std::int64_t, 3> shape{2, 2, 1};
    sample.add(kImagePart).borrow_values(at::kByte, shape, pixels_.data());
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t) const override { return "x"; }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> classes_;
  std::vector<std::uint8_t> pixels_{51, 51, 51, 51};
};

TEST(Statistics, TheDeviationOfConstantImagesIsPositive) {
  const auto statistics = measure_statistics(Constant(), 1, 10, 0);
  EXPECT_DOUBLE_EQ(statistics.mean[0], 0.2);
  EXPECT_DOUBLE_EQ(statistics.std[0], 1.0 / 255);
}

}  // namespace
}  // namespace dbot::data
