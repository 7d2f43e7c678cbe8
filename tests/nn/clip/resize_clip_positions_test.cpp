#include "dbot/nn/clip/resize_clip_positions.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/nn/position_table.h"

namespace dbot::nn {
namespace {

ClipConfig clip_of(std::int64_t side, std::int64_t frames, ClipPositions positions) {
  ClipConfig config;
  config.encoder = {
      .image_size = {side, side}, .patch_size = 4, .width = 8, .depth = 1, .heads = 2};
  config.decoder = {.width = 4, .depth = 1, .heads = 1};
  config.frames = frames;
  config.predicted_frames = frames / 2;
  config.positions = positions;
  return config;
}

runtime::NamedTensors drawn_tables(const ClipConfig& config) {
  runtime::NamedTensors tables;
  for (const ParameterSpec& spec : clip_parameters(config)) {
    if (spec.name.find("pos_embed") == std::string::npos) continue;
    tables[spec.name] = at::randn(spec.shape);
  }
  return tables;
}

TEST(ResizeClipPositions, GiveTheShapesOfTheOtherNetwork) {
  for (const auto kind : {ClipPositions::separable, ClipPositions::learned}) {
    const ClipConfig from = clip_of(12, 8, kind), to = clip_of(20, 12, kind);
    runtime::NamedTensors tables = drawn_tables(from);
    resize_clip_positions(tables, from, to);
    for (const auto& [name, table] : drawn_tables(to)) {
      EXPECT_EQ(tables.at(name).sizes(), table.sizes()) << name;
    }
    EXPECT_THROW(resize_clip_positions(tables, from, to), Error) << "they are resized already";
  }
}

TEST(ResizeClipPositions, TheSameGridKeepsTables) {
  for (const auto kind : {ClipPositions::separable, ClipPositions::learned}) {
    const ClipConfig config = clip_of(12, 8, kind);
    const runtime::NamedTensors before = drawn_tables(config);
    runtime::NamedTensors after = before;
    resize_clip_positions(after, config, config);
    for (const auto& [name, table] : before) EXPECT_TRUE(at::equal(table, after.at(name))) << name;
  }
}

TEST(ResizeClipPositions, StepsAreLinearBetweenTheirMiddles) {
  const ClipConfig from = clip_of(12, 4, ClipPositions::separable),
                   to = clip_of(12, 8, ClipPositions::separable);
  runtime::NamedTensors tables{
      {"pos_embed_temporal",
       at::arange(2, at::kFloat).view({1, 2, 1}).expand({1, 2, 8}).contiguous()}};
  resize_clip_positions(tables, from, to);
  const at::Tensor& steps = tables.at("pos_embed_temporal");
  for (const auto& [step, value] : {std::pair{0, 0.0}, {1, 0.25}, {2, 0.75}, {3, 1.0}}) {
    EXPECT_NEAR(steps[0][step][3].item<double>(), value, 1e-6) << step;
  }
}

/// A sum of both tables, written as one, is resized as the two are.
TEST(ResizeClipPositions, OneTableIsResizedAsTwo) {
  const ClipConfig from = clip_of(12, 8, ClipPositions::separable),
                   to = clip_of(16, 12, ClipPositions::separable);
  runtime::NamedTensors two = drawn_tables(from);
  const auto sum = [](const runtime::NamedTensors& tables) {
    const at::Tensor all = (tables.at("pos_embed_spatial").squeeze(0).unsqueeze(0) +
                            tables.at("pos_embed_temporal").squeeze(0).unsqueeze(1))
                               .flatten(0, 1)
                               .unsqueeze(0);
    return at::cat({tables.at("pos_embed_class"), all}, 1);
  };
  runtime::NamedTensors one{{"pos_embed", sum(two)}};
  resize_clip_positions(two, from, to);
  resize_clip_positions(one, from, to);
  EXPECT_TRUE(at::allclose(one.at("pos_embed"), sum(two), 1e-4, 1e-5));
}

}  // namespace
}  // namespace dbot::nn
