#include "dbot/eval/kinds/feature_memory.h"

#include <gmock/gmock.h>

#include <string>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

struct Told {
  std::string text;
  core::Log log() {
    return [this](core::LogLevel, std::string_view line) { text += line; };
  }
};

TEST(FeatureMemory, CountsEveryKindAndCopiesOfTheWidest) {
  const FeatureMemory memory{.images = 10, .widths = {3, 7}, .copies = 2};
  EXPECT_EQ(memory.bytes(), 4.0 * 10 * (3 + 7 + 14));
  EXPECT_EQ(FeatureMemory{.images = 10}.bytes(), 0);
}

TEST(FeatureMemory, IsSaidWhereItIsLargeAndRefusedWithNumbersWhereItDoesNotFit) {
  const FeatureMemory small{.images = 1000, .widths = {96}};
  const FeatureMemory large{.images = 50'000, .widths = {768, 6912}, .copies = 1};
  Told told;
  check_feature_memory(small, 0, told.log());
  EXPECT_THAT(told.text, IsEmpty());
  check_feature_memory(large, 4'000'000'000, told.log());
  EXPECT_THAT(told.text, AllOf(HasSubstr("2.92 GB"), HasSubstr("50000 images"), HasSubstr("6912")));
  try {
    check_feature_memory(large, 2'000'000'000, told.log());
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_EQ(error.fault(), Fault::too_large);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("2.92 GB"), HasSubstr("has 2 GB"),
                                    HasSubstr("evaluate.max_train_images")));
  }
}

}  // namespace
}  // namespace dbot::eval
