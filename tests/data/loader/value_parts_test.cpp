// Parts of batches that are no images: rows of features, and any number of rows a sample.
#include "dbot/data/loader/value_parts.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "dbot/data/data_error.h"
#include "dbot/data/loader/loader.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"

namespace dbot::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Sample i has the features {i, 10 i} and i % 4 tokens [2]: the first is i, the second its place.
class Tokens final : public Dataset {
 public:
  explicit Tokens(std::int64_t size, std::set<std::int64_t> broken = {})
      : size_(size), broken_(std::move(broken)) {}

  std::int64_t size() const override { return size_; }
  void read(std::int64_t index, Sample& sample) const override {
    sample.begin(name(index));
    const std::array<std::int64_t, 1> two{2};
    const auto features = sample.add("features").own_values(at::kFloat, two);
    const std::array<float, 2> values{static_cast<float>(index), 10.0F * index};
    std::ranges::copy(std::span(reinterpret_cast<const std::uint8_t*>(values.data()), 8),
                      features.begin());
    // The parts that are filled before a broken one are no reason to keep the sample.
    const bool broken = broken_.contains(index);
    const std::array<std::int64_t, 2> shape{index % 4, broken ? 3 : 2};
    const auto bytes = sample.add("tokens").own_values(at::kLong, shape);
    auto* tokens = reinterpret_cast<std::int64_t*>(bytes.data());
    for (std::int64_t i = 0; i < shape[0] * shape[1]; ++i) {
      tokens[i] = i % shape[1] == 0 ? index : i / shape[1];
    }
  }
  std::int64_t label(std::int64_t) const override { return -1; }
  std::string name(std::int64_t index) const override { return "t" + std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::int64_t size_;
  std::set<std::int64_t> broken_;
  std::vector<std::string> classes_;
};

LoaderConfig value_settings(bool training, int workers = 2) {
  LoaderConfig config;
  config.batch_size = 6;
  config.workers = workers;
  config.seed = 5;
  config.training = training;
  config.max_bad_fraction = 0.5;
  return config;
}

std::vector<Batch> batches(const Tokens& dataset, const LoaderConfig& config, int count = 100) {
  const ValuePartConfig features{.name = "features", .type = at::kFloat, .shape = {2}};
  const ValuePartConfig tokens{.name = "tokens", .type = at::kLong, .shape = {2}};
  Loader loader(std::make_shared<Tokens>(dataset), {value_part(features), ragged_part(tokens, 2)},
                config, core::silent_log());
  return test::load_batches(loader, count);
}

/// The batch has of each of its samples what the data set says.
void expect_sound(const Batch& batch) {
  const auto& features = batch.tensors.at("features");
  const auto& tokens = batch.tensors.at("tokens");
  const auto& offsets = batch.offsets.at("tokens");
  EXPECT_EQ(features.sizes(), (std::vector<std::int64_t>{batch.size(), 2}));
  ASSERT_EQ(offsets.sizes(), (std::vector<std::int64_t>{batch.size() + 1}));
  EXPECT_EQ(offsets.scalar_type(), at::kLong);
  const auto* begin = offsets.const_data_ptr<std::int64_t>();
  EXPECT_EQ(begin[0], 0);
  EXPECT_EQ(tokens.sizes(), (std::vector<std::int64_t>{begin[batch.size()], 2}));
  for (std::int64_t i = 0; i < batch.size(); ++i) {
    const auto sample = batch.sample_ids[static_cast<std::size_t>(i)];
    EXPECT_EQ(features[i][0].item<float>(), static_cast<float>(sample));
    EXPECT_EQ(features[i][1].item<float>(), 10.0F * static_cast<float>(sample));
    ASSERT_EQ(begin[i + 1] - begin[i], sample % 4) << sample;
    for (std::int64_t row = begin[i]; row < begin[i + 1]; ++row) {
      EXPECT_EQ(tokens[row][0].item<std::int64_t>(), sample);
      EXPECT_EQ(tokens[row][1].item<std::int64_t>(), row - begin[i]);
    }
  }
}

TEST(ValueParts, RaggedOnesHaveTheirOffsets) {
  for (const auto& batch : batches(Tokens(20), value_settings(true), 7)) {
    EXPECT_EQ(batch.size(), 6);
    expect_sound(batch);
  }
}

TEST(ValueParts, ABrokenSampleIsReplacedInAllParts) {
  const Tokens dataset(30, {1, 6, 7, 19});
  const auto all = batches(dataset, value_settings(true), 15);
  for (const auto& batch : all) {
    EXPECT_EQ(batch.size(), 6);
    for (const auto id : batch.sample_ids) EXPECT_TRUE(id != 1 && id != 6 && id != 7 && id != 19);
    expect_sound(batch);
  }
  for (const int workers : {0, 5}) {
    const auto same = batches(dataset, value_settings(true, workers), 15);
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(same[i].sample_ids, all[i].sample_ids);
      EXPECT_TRUE(at::equal(same[i].tensors.at("tokens"), all[i].tensors.at("tokens")));
      EXPECT_TRUE(at::equal(same[i].offsets.at("tokens"), all[i].offsets.at("tokens")));
    }
  }
}

TEST(ValueParts, GapsAreClosedInAnEvaluationPass) {
  std::vector<std::int64_t> seen;
  for (const auto& batch : batches(Tokens(15, {0, 3, 13, 14}), value_settings(false))) {
    expect_sound(batch);
    seen.insert(seen.end(), batch.sample_ids.begin(), batch.sample_ids.end());
  }
  EXPECT_THAT(seen, ElementsAre(1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12));
}

TEST(ValueParts, ABatchWithoutAnyRowHasOffsetsAllTheSame) {
  auto config = value_settings(false);
  config.batch_size = 1;
  const auto first = batches(Tokens(4), config, 1).at(0);
  EXPECT_EQ(first.tensors.at("tokens").sizes(), (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(first.offsets.at("tokens").sizes(), (std::vector<std::int64_t>{2}));
  expect_sound(first);
}

TEST(ValueParts, SayWhatTheyWereGivenInstead) {
  const auto complaint = [](const BatchPartFactory& factory) {
    Sample sample;
    Tokens(9).read(2, sample);
    sample.add("text").own_encoded();
    return test::message_of<DataError>([&] { factory.make(1)->fill(0, sample, {}); });
  };
  const ValuePartConfig right{.name = "features", .type = at::kFloat, .shape = {2}};
  EXPECT_EQ(complaint(value_part(right)), "nothing was thrown");
  auto wrong = right;
  wrong.shape = {3};
  EXPECT_EQ(complaint(value_part(wrong)), "[data] t2: features is Float [2], expected Float [3]");
  EXPECT_THAT(complaint(ragged_part(right)), HasSubstr("expected Float [rows, 2]"));
  wrong = right;
  wrong.type = at::kLong;
  EXPECT_THAT(complaint(value_part(wrong)), HasSubstr("expected Long [2]"));
  wrong = right;
  wrong.name = "text";
  EXPECT_THAT(complaint(value_part(wrong)), HasSubstr("text is encoded bytes"));
  wrong.name = "boxes";
  EXPECT_THAT(complaint(value_part(wrong)), HasSubstr("has no part \"boxes\""));
  EXPECT_THROW(value_part({.name = "", .shape = {2}}), UsageError);
  EXPECT_THROW(ragged_part({.name = "x", .shape = {0}}), UsageError);
}

}  // namespace
}  // namespace dbot::data
