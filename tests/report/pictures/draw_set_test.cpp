#include "dbot/report/pictures/draw_set.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/loader/image_part.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/report/pictures/map/embedding_map.h"
#include "dbot/report/pictures/map/neighbours.h"
#include "tests/core/temporary_folder.h"
#include "tests/support/synthetic_dataset.h"

namespace dbot::report {
namespace {

using ::testing::ElementsAre;

methods::MaskedModelingConfig tiny(bool pixels) {
  methods::MaskedModelingConfig config;
  config.encoder = {{8, 8}, 3, 4, 16, 2, 2};
  config.decoder = {8, 1, 2};
  config.drop_path = 0.3;
  config.mean = {0.5, 0.5, 0.5};
  config.std = {0.25, 0.25, 0.25};
  if (pixels) {
    config.objective = {objectives::TargetKind::pixels, objectives::Normalisation::patch};
    config.loss.kind = objectives::LossKind::mse;
  }
  return config;
}

SampleChoice choice(std::int64_t count) {
  return {.count = count,
          .seed = 3,
          .parts = {data::image_part({.image_size = {8, 8}, .augmented = false})},
          .workers = 1};
}

PictureSamples load(std::int64_t size, std::int64_t count) {
  return load_picture_samples(std::make_shared<test::SyntheticDataset>(size, 8), choice(count), {},
                              core::silent_log());
}

TEST(PictureSamplesTest, AreASeededChoiceWithoutRepetition) {
  const PictureSamples samples = load(400, 50);
  EXPECT_EQ(std::set(samples.ids.begin(), samples.ids.end()).size(), 50U);
  EXPECT_EQ(load(400, 50).ids, samples.ids);
  EXPECT_EQ(samples.labels[7], samples.ids[7] % 4);
  EXPECT_EQ(samples.names[7], "synthetic[" + std::to_string(samples.ids[7]) + "]");
  EXPECT_EQ(load(30, 50).size(), 30);
  const data::Image original = data::load_image(test::SyntheticDataset(400, 8), samples.ids[9], 3);
  EXPECT_EQ(samples.images[9][1][2][5].item<int>(), original.pixels[3 * (2 * 8 + 5) + 1]);
}

class DrawSetTest : public ::testing::TestWithParam<bool> {
 protected:
  PictureSet draw(const methods::Method& method, const core::StopRequest& stop = {}) {
    const PictureSamples samples = load(40, 20);
    DrawSettings settings;
    settings.look.mean = settings.look.std = {0.5, 0.5, 0.5};
    settings.shown = 3;
    return draw_picture_set(method, samples, &samples, settings, folder_.path(), stop);
  }
  const test::TemporaryFolder folder_;
};

TEST_P(DrawSetTest, DrawsEverythingAndChangesNothing) {
  methods::MaskedModeling method(tiny(GetParam()));
  method.begin_stage(0);
  const at::Tensor before = method.student().parameters()->flat_values().clone();
  const PictureSet set = draw(method);
  EXPECT_TRUE(at::equal(before, method.student().parameters()->flat_values()));
  EXPECT_EQ(method.student().parameters()->flat_gradients().abs().sum().item<double>(), 0);
  std::vector<std::string> kinds;
  for (const PictureGroup& group : set.groups) {
    kinds.push_back(group.kind);
    ASSERT_EQ(group.pictures.size(), 3U);
    for (const Picture& picture : group.pictures) {
      EXPECT_TRUE(std::filesystem::exists(folder_ / picture.file));
    }
  }
  EXPECT_THAT(kinds, ElementsAre(GetParam() ? "reconstruction" : "features", "principal_components",
                                 "attention"));
  ASSERT_TRUE(set.map);
  EXPECT_EQ(set.map->points.size(), 20U);
  EXPECT_EQ(set.map->classes.size(), 4U);
  EXPECT_EQ(set.neighbours.size(), 8U);
  ASSERT_EQ(set.pixel_neighbours.size(), 8U);
  EXPECT_EQ(set.pixel_neighbours[5].query, set.neighbours[5].query);
  EXPECT_GT(set.health.effective_rank, 1);
  EXPECT_LE(set.health.effective_rank, 16);
  EXPECT_NEAR(set.health.training_loss, set.health.held_out_loss, 1e-9);  // the same images here
  EXPECT_LE(set.health.position_loss, set.health.constant_loss + 1e-9);
  EXPECT_GT(set.health.target_deviation, 0);
  EXPECT_EQ(set.health.compared.images, 20);
  EXPECT_EQ(set.health.compared.held_out, 1);
  EXPECT_GE(set.health.compared.own_crop_nearest, 0);
  EXPECT_GT(set.health.compared.target_inside, 0);
  EXPECT_LT(set.health.compared.way_to_zero, 1);
  write_picture_set(folder_.path(), set);
  EXPECT_EQ(read_picture_set(folder_.path()).map->points[4].x, set.map->points[4].x);
}

TEST_P(DrawSetTest, IsTheSameEveryTime) {
  methods::MaskedModeling method(tiny(GetParam()));
  method.begin_stage(0);
  const auto files = [&] {
    const PictureSet set = draw(method);
    std::string bytes;
    for (const PictureGroup& group : set.groups) {
      for (const Picture& picture : group.pictures) {
        bytes += core::read_text_file(folder_ / picture.file);
      }
    }
    return bytes + core::read_text_file(folder_ / "map.png") + std::to_string(set.map->points[3].x);
  };
  EXPECT_EQ(files(), files());
}

TEST_P(DrawSetTest, StopsOnRequest) {
  methods::MaskedModeling method(tiny(GetParam()));
  method.begin_stage(0);
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(draw(method, stop), Stopped);
}

TEST_P(DrawSetTest, ComparesAsManyImagesAsTheSetBefore) {
  methods::MaskedModeling method(tiny(GetParam()));
  method.begin_stage(0);
  PictureSet set = draw(method);
  set.health.compared.images = 6;
  const test::TemporaryFolder earlier;
  write_picture_set(earlier.path(), set);
  const PictureSamples samples = load(40, 20);
  DrawSettings settings;
  settings.look.mean = settings.look.std = {0.5, 0.5, 0.5};
  settings.earlier = earlier.path();
  EXPECT_EQ(draw_picture_set(method, samples, nullptr, settings, folder_.path(), {})
                .health.compared.images,
            6);
}

INSTANTIATE_TEST_SUITE_P(Targets, DrawSetTest, ::testing::Bool());

TEST(MapOfTheEmbedding, NeighboursAreNearestByCosine) {
  const at::Tensor features =
      at::tensor({1.F, 0.F, 0.F, 2.F, 3.F, 0.3F, -1.F, 0.F, 0.F, 5.F}).view({5, 2});
  const auto rows = nearest_neighbours(features, 2, 2);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[0].nearest, ElementsAre(2, 1));  // 1 and 4 are at right angles: the first
  EXPECT_NEAR(rows[0].similarity[0], 3 / std::hypot(3, 0.3), 1e-6);
  EXPECT_THAT(rows[1].nearest, ElementsAre(4, 2));
  EXPECT_NEAR(rows[1].similarity[0], 1, 1e-6);
  EXPECT_EQ(nearest_neighbours(features, 9, 9)[4].nearest.size(), 4U);
}

TEST(MapOfTheEmbedding, RawPixelsAreNearByColourAndPlace) {
  // Pairs of images with one bright corner each, of other strength.
  at::Tensor images = at::zeros({6, 3, 40, 40}, at::kByte);
  for (std::int64_t i = 0; i < 6; ++i) {
    images[i].narrow(1, i / 2 * 13, 13).narrow(2, i / 2 * 13, 13).fill_(200 - 40 * (i % 2));
  }
  const at::Tensor rows = raw_pixel_rows(images);
  EXPECT_EQ(rows.size(1), 3 * 32 * 32);
  const auto found = nearest_neighbours(rows, 6, 1);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(found[i].nearest[0], i ^ 1U) << i;
}

TEST(MapOfTheEmbedding, TheAtlasHoldsTheThumbnailsInTheOrderOfThePoints) {
  const test::TemporaryFolder folder;
  const PictureSamples samples = load(40, 20);
  const EmbeddingMap map = draw_embedding_map(samples, at::rand({20, 6}), folder.path(), {});
  EXPECT_EQ(map.thumbnail_size, 8);
  EXPECT_EQ(map.columns, 16);
  const std::string bytes = core::read_text_file(folder / "map.png");
  const data::Image atlas = data::decode_image(
      {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, 3, "");
  ASSERT_EQ(atlas.width, 16 * 8);
  ASSERT_EQ(atlas.height, 2 * 8);
  const std::size_t corner = 8 * atlas.row_bytes() + std::size_t{3} * 8;  // row 2, column 2: 17
  EXPECT_EQ(atlas.pixels[corner], samples.images[17][0][0][0].item<int>());
}

}  // namespace
}  // namespace dbot::report
