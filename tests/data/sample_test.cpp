#include "dbot/data/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "dbot/core/error.h"
#include "dbot/data/kept_sample.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::array<std::int64_t, 2> kShape{2, 3};

TEST(Sample, GivesItsMemoryToTheNextOne) {
  Sample sample;
  sample.begin("large");
  sample.add("image").own_encoded().assign(1000, 7);
  const auto* memory = sample.part("image").bytes().data();
  sample.begin("small");
  sample.add("image").own_encoded().assign(10, 8);
  EXPECT_EQ(sample.part("image").bytes().data(), memory);
  sample.begin("values");
  EXPECT_EQ(sample.add("image").own_values(c10::ScalarType::Float, kShape).data(), memory);
  EXPECT_EQ(sample.part("image").bytes().size(), 24U);
  EXPECT_EQ(sample.name(), "values");
}

TEST(Sample, HasNoPartsOfTheOneBefore) {
  Sample sample;
  sample.begin("first");
  sample.add("image");
  sample.add("caption");
  sample.begin("second");
  EXPECT_EQ(sample.find("image"), nullptr);
  sample.add("caption");
  const auto message = test::message_of<DataError>([&] { sample.part("image"); });
  EXPECT_EQ(message, "[data] second: has no part \"image\", but caption");
  sample.begin("third");
  EXPECT_THAT(test::message_of<DataError>([&] { sample.part("image"); }), HasSubstr("none at all"));
}

TEST(Sample, BorrowsOrOwnsAndTakesOutWithoutACopy) {
  const std::vector<std::uint8_t> memory{1, 2, 3};
  Sample sample;
  sample.begin("borrowed");
  sample.add("image").borrow_encoded(memory);
  EXPECT_EQ(sample.part("image").bytes().data(), memory.data());
  EXPECT_EQ(sample.find("image")->take(), memory);
  sample.begin("owned");
  sample.add("image").own_encoded() = memory;
  const auto* own = sample.part("image").bytes().data();
  EXPECT_EQ(sample.find("image")->take().data(), own);
}

TEST(KeptSample, ShowsThePartsThatWereKept) {
  const std::vector<std::uint8_t> text{9, 8, 7};
  const std::array<float, 6> values{1, 2, 3, 4, 5, 6};
  Sample sample, again;
  sample.begin("a name");
  sample.add("caption").borrow_encoded(text);
  sample.add("features").borrow_values(c10::ScalarType::Float, kShape, values.data());
  sample.add("nothing").own_encoded().clear();
  const auto kept = keep_parts(sample);
  again.begin("another name");
  show_parts(kept, again);
  EXPECT_TRUE(again.part("caption").encoded());
  EXPECT_THAT(again.part("caption").bytes(), ElementsAre(9, 8, 7));
  const auto& features = again.part("features");
  EXPECT_FALSE(features.encoded());
  EXPECT_EQ(features.type(), c10::ScalarType::Float);
  EXPECT_THAT(features.shape(), ElementsAre(2, 3));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(features.bytes().data()) % alignof(float), 0U);
  EXPECT_TRUE(
      std::ranges::equal(std::as_bytes(features.bytes()), std::as_bytes(std::span(values))));
  EXPECT_TRUE(again.part("nothing").bytes().empty());
}

}  // namespace
}  // namespace dbot::data
