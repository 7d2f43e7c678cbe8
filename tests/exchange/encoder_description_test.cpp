#include "dbot/exchange/encoder_description.h"

#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "tests/exchange/small_encoder.h"

namespace dbot::exchange {
namespace {

TEST(EncoderDescription, SurvivesJsonBitForBit) {
  EncoderDescription before = small_description();
  before.config.image_size = {8, 12};
  before.config.mlp_ratio = 8.0 / 3;
  const EncoderDescription after = description_from_json(to_json(before), "test");
  EXPECT_EQ(after.config, before.config);
  EXPECT_EQ(after.mean, before.mean);
  EXPECT_EQ(after.std, before.std);
}

TEST(EncoderDescription, TheRangeOfValuesIsWrittenWhereItIsUnusual) {
  EncoderDescription description = small_description();
  EXPECT_EQ(to_json(description).find("value_range"), std::string::npos);
  description.value_range = {0, 4095.5};
  const std::string text = to_json(description);
  EXPECT_EQ(description_from_json(text, "test").value_range, description.value_range);
  std::string broken = text;
  broken.replace(broken.find("[0.0,4095.5]"), 12, "[1.0,1.0]");
  EXPECT_THROW(description_from_json(broken, "test"), DataError);
}

TEST(EncoderDescription, AClassifiersHeadIsKeptAndChecked) {
  EncoderDescription description = small_description();
  EXPECT_EQ(to_json(description).find("head\""), std::string::npos);
  description.head = HeadDescription{nn::Pooling::cls, {"a", "b \"c\""}};
  const std::string text = to_json(description);
  EXPECT_EQ(description_from_json(text, "test").head, description.head);
  for (const char* classes : {"[]", "[1]", "\"a\"", "{}"}) {
    std::string broken = text;
    const std::string list = R"(["a","b \"c\""])";
    broken.replace(broken.find(list), list.size(), classes);
    EXPECT_THROW(description_from_json(broken, "test"), DataError) << classes;
  }
}

TEST(EncoderDescription, OtherChannelsThanRgbAreAssumedToBeCentred) {
  EncoderDescription description = small_description();
  description.config.channels = 6;
  description.mean.clear();
  description.std.clear();
  EXPECT_EQ(assume_normalisation(description), "mean 0.5, deviation 0.5");
  EXPECT_EQ(description.mean, std::vector<double>(6, 0.5));
}

TEST(EncoderDescription, IgnoresKeysOfLaterVersions) {
  std::string text = to_json(small_description());
  text.insert(1, "\"later\": {\"a\": [1]},");
  EXPECT_EQ(description_from_json(text, "test").config, small_description().config);
}

TEST(EncoderDescription, RefusesWhatDescribesNoEncoder) {
  const std::string good = to_json(small_description());
  const std::pair<std::string, std::string> changes[] = {
      {"\"image_size\":[8,8]", "\"image_size\":8"},
      {"\"image_size\":[8,8]", "\"image_size\":[8,9]"},
      {"\"image_size\":[8,8]", "\"image_size\":[8,-8]"},
      {"\"image_size\":[8,8]", "\"image_size\":[8,4611686018427387904]"},
      {"\"width\":16", "\"width\":\"16\""},
      {"\"width\":16", "\"width\":18446744073709551615"},
      {"\"width\":16", "\"width\":16.5"},
      {"\"heads\":4", "\"heads\":0"},
      {"\"heads\":4", "\"heads\":5"},
      {"\"depth\":2", "\"depth\":-1"},
      {"\"mlp_ratio\":2.0", "\"mlp_ratio\":1e300"},
      {"\"mlp_ratio\":2.0", "\"mlp_ratio\":null"},
      {"\"mean\":[0.1]", "\"mean\":[0.1,0.2]"},
      {"\"mean\":[0.1]", "\"mean\":[null]"},
      {"\"mean\":[0.1]", "\"mean\":[]"},
      {"\"mean\":[0.1]", "\"mean\":{\"a\":1}"},
      {"\"std\":[0.3333333333333333]", "\"std\":[0]"},
      {"}", ""},
  };
  for (const auto& [from, to] : changes) {
    std::string text = good;
    const auto place = text.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    text.replace(place, from.size(), to);
    EXPECT_THROW(description_from_json(text, "test"), DataError) << to;
  }
  EXPECT_THROW(description_from_json("", "test"), DataError);
  EXPECT_THROW(description_from_json("[]", "test"), DataError);
  EXPECT_THROW(description_from_json(std::string("\xff\x00", 2), "test"), DataError);
}

}  // namespace
}  // namespace dbot::exchange
