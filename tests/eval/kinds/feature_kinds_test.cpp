#include "dbot/eval/kinds/feature_kinds.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "tests/eval/frozen/small_network.h"

namespace dbot::eval {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

at::Tensor images(std::int64_t count) {
  return at::linspace(-2, 2, count * 3 * 8 * 8).sin().reshape({count, 3, 8, 8});
}

/// A network without tokens, with one kind of its own.
class Pooled final : public nn::Backbone {
 public:
  const std::shared_ptr<nn::ParameterStore>& parameters() const override { return parameters_; }
  nn::BackboneInput input() const override { return {}; }
  std::vector<std::string> feature_names() const override { return {"pooled"}; }
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType) const override {
    return {{"pooled", inputs.at("images").flatten(2).mean(2)}};
  }
  std::string describe() const override { return "pooled"; }

 private:
  std::shared_ptr<nn::ParameterStore> parameters_;
};

std::string refusal(const FeatureChoice& choice) {
  try {
    ChosenFeatures(small_network(), choice);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(FeatureNames, AreReadFromText) {
  EXPECT_THAT(*parse_feature_kinds("both"), ElementsAre("both"));
  EXPECT_THAT(*parse_feature_kinds("mean, grid:3"), ElementsAre("mean", "grid:3"));
  for (const char* wrong : {"", "max", "grid", "grid:", "grid:0", "grid:x", "mean,", "grid:2000"}) {
    EXPECT_FALSE(parse_feature_kinds(wrong)) << wrong;
  }
  EXPECT_EQ(grid_cells("grid:14"), 14);
  EXPECT_EQ(grid_cells("mean"), 0);
  EXPECT_THAT(*parse_blocks("12"), ElementsAre(12));
  EXPECT_THAT(*parse_blocks("3,6,9-12"), ElementsAre(3, 6, 9, 10, 11, 12));
  for (const char* wrong : {"", "0", "3,3", "6,3", "9-6", "-3", "a", "1.5"}) {
    EXPECT_FALSE(parse_blocks(wrong)) << wrong;
  }
}

TEST(GridFeatures, AverageTheTokensOfEachCell) {
  // Places of a 4 × 6 grid, numbered: cells of 2 × 3.
  const at::Tensor patches = at::arange(24, at::kFloat).reshape({1, 24, 1});
  const at::Tensor cells = grid_features(patches, {4, 6}, 2);
  ASSERT_EQ(cells.sizes(), (at::IntArrayRef{1, 4, 1}));
  const float* value = cells.const_data_ptr<float>();
  EXPECT_FLOAT_EQ(value[0], (0 + 1 + 2 + 6 + 7 + 8) / 6.0F);
  EXPECT_FLOAT_EQ(value[1], value[0] + 3);
  EXPECT_FLOAT_EQ(value[2], value[0] + 12);
  EXPECT_FLOAT_EQ(value[3], value[0] + 15);
}

TEST(GridFeatures, HaveUnevenCellsWhereTheGridCannotBeDivided) {
  // Three cells of seven rows: rows 0–2, 2–4 and 4–6, as adaptive average pooling has them.
  const at::Tensor rows = at::arange(7, at::kFloat).mul(10).reshape({7, 1}).expand({7, 7});
  const at::Tensor columns = at::arange(7, at::kFloat).reshape({1, 7}).expand({7, 7});
  const at::Tensor patches = rows.add(columns).reshape({1, 49, 1});
  const at::Tensor cells = grid_features(patches, {7, 7}, 3);
  const std::vector<float> centres{1, 3, 5};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_FLOAT_EQ(cells.const_data_ptr<float>()[3 * i + j], 10 * centres[i] + centres[j]);
    }
  }
  // Five rows to three cells: 0–1, 1–3 and 3–4.
  const at::Tensor five =
      at::arange(5, at::kFloat).reshape({5, 1}).expand({5, 5}).reshape({1, 25, 1});
  const at::Tensor uneven = grid_features(five, {5, 5}, 3);
  EXPECT_FLOAT_EQ(uneven.const_data_ptr<float>()[0], 0.5F);
  EXPECT_FLOAT_EQ(uneven.const_data_ptr<float>()[3], 2);
  EXPECT_FLOAT_EQ(uneven.const_data_ptr<float>()[6], 3.5F);
}

TEST(ChosenFeatures, AreTheBackbonesOwnBitForBit) {
  const nn::VisionTransformer network = small_network();
  const runtime::NamedTensors inputs{{"images", images(5)}};
  const auto own = network.features(inputs, at::kFloat);
  for (const char* text : {"both", "cls,mean,grid:2,tokens"}) {
    const ChosenFeatures chosen(network, {.kinds = *parse_feature_kinds(text)});
    const auto found = chosen.of(inputs, at::kFloat);
    EXPECT_TRUE(at::equal(found.at("cls"), own.at("cls"))) << text;
    EXPECT_TRUE(at::equal(found.at("mean"), own.at("mean"))) << text;
  }
}

TEST(ChosenFeatures, HaveTheWidthsThatTheySay) {
  const nn::VisionTransformer network = small_network();
  const ChosenFeatures chosen(network, {.kinds = {"mean", "grid:1", "grid:2", "tokens"}});
  const auto found = chosen.of({{"images", images(3)}}, at::kFloat);
  ASSERT_THAT(chosen.names(), ElementsAre("mean", "grid:1", "grid:2", "tokens"));
  for (std::size_t kind = 0; kind < chosen.names().size(); ++kind) {
    EXPECT_EQ(found.at(chosen.names()[kind]).flatten(1).size(1), chosen.width(kind));
  }
  EXPECT_EQ(found.at("tokens").sizes(), (at::IntArrayRef{3, 4, 16}));
  EXPECT_TRUE(found.at("grid:1").allclose(found.at("mean"), 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(found.at("grid:2"), found.at("tokens").flatten(1)))
      << "as many cells as patches";
}

TEST(ChosenFeatures, OfSeveralBlocksAreJoined) {
  const nn::VisionTransformer network = small_network();
  const runtime::NamedTensors inputs{{"images", images(3)}};
  const ChosenFeatures chosen(network, {.kinds = {"mean", "grid:2"}, .blocks = {1, 2}});
  EXPECT_THAT(chosen.names(), ElementsAre("mean@1,2", "grid:2@1,2"));
  EXPECT_EQ(chosen.width(0), 32);
  const auto both = chosen.of(inputs, at::kFloat);
  const ChosenFeatures first(network, {.kinds = {"mean"}, .blocks = {1}});
  const at::Tensor joined = at::cat(
      {first.of(inputs, at::kFloat).at("mean@1"), network.features(inputs, at::kFloat).at("mean")},
      1);
  EXPECT_TRUE(both.at("mean@1,2").allclose(joined, 1e-5, 1e-6));
  EXPECT_EQ(both.at("grid:2@1,2").sizes(), (at::IntArrayRef{3, 128}));
}

TEST(ChosenFeatures, RefuseWhatTheNetworkDoesNotHave) {
  EXPECT_THAT(refusal({.kinds = {"grid:3"}}), HasSubstr("2x2 patches"));
  EXPECT_THAT(refusal({.kinds = {"mean"}, .blocks = {2, 7}}), HasSubstr("block 7"));
  EXPECT_THROW(ChosenFeatures(Pooled(), {.blocks = {1}}), UsageError);
}

TEST(ChosenFeatures, ThatAreMissingAreLeftOut) {
  const Pooled network;
  EXPECT_THAT(ChosenFeatures(network, {.kinds = {"mean", "grid:2"}}).names(),
              ElementsAre("pooled"));
  const ChosenFeatures both(network, {});
  EXPECT_THAT(both.names(), ElementsAre("pooled"));
  EXPECT_EQ(both.of({{"images", images(2)}}, at::kFloat).at("pooled").size(1), 3);
}

}  // namespace
}  // namespace dbot::eval
