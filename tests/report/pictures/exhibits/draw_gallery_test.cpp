#include "dbot/report/pictures/exhibits/draw_gallery.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/image/codec.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/example_gallery.h"

namespace dbot::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using Pixel = std::vector<int>;

class DrawGallery : public testing::Test {
 protected:
  ShownGallery draw_one(decltype(methods::Exhibit::content) content, std::string caption = "") {
    methods::ExhibitGroup group{.kind = "one", .title = "t", .explanation = "e", .exhibits = {}};
    group.exhibits.push_back({.caption = std::move(caption), .content = std::move(content)});
    return draw_gallery({group}, folder_.path());
  }
  const ShownExhibit& only(const ShownGallery& gallery) {
    return gallery.groups.at(0).exhibits.at(0);
  }
  data::Image picture(const ShownGallery& gallery) {
    const auto& drawn = std::get<DrawnExhibit>(only(gallery).content);
    const std::string bytes = core::read_text_file(folder_ / drawn.file);
    return data::decode_image({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                              3, "");
  }
  static Pixel pixel_of(const data::Image& image, int x, int y) {
    const std::size_t at =
        static_cast<std::size_t>(y) * image.row_bytes() + 3 * static_cast<std::size_t>(x);
    return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
  }
  const test::TemporaryFolder folder_;
};

TEST_F(DrawGallery, AStripHasItsImagesFromLeftToRight) {
  at::Tensor images = at::zeros({2, 3, 8, 8}, at::kByte);
  images[0][0].fill_(200);
  images[1][2].fill_(90);
  images[1][0][7][7] = 255;
  const ShownGallery gallery = draw_one(methods::ImageStrip{.images = images, .names = {"a", "b"}});
  const data::Image image = picture(gallery);
  EXPECT_EQ(image.height, 112);  // enlarged 14 times
  EXPECT_EQ(image.width, 2 * 112 + 4);
  EXPECT_EQ(pixel_of(image, 0, 0), (Pixel{200, 0, 0}));
  EXPECT_EQ(pixel_of(image, 113, 50), (Pixel{255, 255, 255})) << "a line between them";
  EXPECT_EQ(pixel_of(image, 116, 50), (Pixel{0, 0, 90}));
  EXPECT_EQ(pixel_of(image, 227, 111), (Pixel{255, 0, 90}));
  const auto& drawn = std::get<DrawnExhibit>(only(gallery).content);
  EXPECT_EQ(drawn.file, "exhibit-one-01.png");
  EXPECT_THAT(drawn.parts, ElementsAre("a", "b"));
}

TEST_F(DrawGallery, PixelsMayBeSharesAndOfOtherChannels) {
  at::Tensor images = at::zeros({1, 5, 4, 4});
  images[0][0].fill_(1.5);
  images[0][1].fill_(0.5);
  images[0][4].fill_(1);
  EXPECT_EQ(pixel_of(picture(draw_one(methods::ImageStrip{.images = images, .names = {}})), 3, 3),
            (Pixel{255, 128, 0}));
}

TEST_F(DrawGallery, FramesStandInRowsAndAreSpreadWhereThereAreMany) {
  at::Tensor frames = at::zeros({2, 31, 1, 8, 8}, at::kByte);
  for (std::int64_t i = 0; i < 31; ++i) frames[1][i].fill_(8 * i);
  const ShownGallery gallery = draw_one(methods::Frames{.frames = frames, .rows = {}}, "a clip");
  const data::Image image = picture(gallery);
  const int side = (image.width + 4) / 16 - 4;  // with the line behind it
  EXPECT_EQ(image.height, 2 * side + 4);
  EXPECT_EQ(pixel_of(image, 1, 1), (Pixel{0, 0, 0}));
  EXPECT_EQ(pixel_of(image, side + 5, side + 5), (Pixel{16, 16, 16})) << "every other frame";
  EXPECT_EQ(pixel_of(image, image.width - 1, image.height - 1), (Pixel{240, 240, 240}));
  EXPECT_EQ(only(gallery).caption, "a clip; 16 of 31 frames");
}

TEST_F(DrawGallery, ASolidIsSeenFromTheFrontTheRightAndAboveTheNearestFirst) {
  // A large square far behind, low, and a small one in front of it; z is up.
  const auto square = [](float half, float y) {
    return at::tensor({-half, y, -half, half, y, -half, half, y, half, -half, y, half})
        .view({4, 3});
  };
  const at::Tensor corners = at::tensor({0, 1, 2, 0, 2, 3}, at::kLong).view({2, 3});
  methods::Meshes::Mesh mesh{.vertices = at::cat({square(2, 0.F), square(0.5, -0.1F)}),
                             .triangles = at::cat({corners + 4, corners}),
                             .labels = at::tensor({1, 1, 0, 0}, at::kLong)};
  const data::Image image = picture(draw_one(methods::Meshes{.meshes = {mesh}}));
  ASSERT_EQ(image.width, 256);
  EXPECT_EQ(pixel_of(image, 1, 1), (Pixel{255, 255, 255}));
  const Pixel middle = pixel_of(image, 128, 128), beside = pixel_of(image, 128, 60);
  EXPECT_GT(middle[0], middle[2]) << "orange: the front one, though it was drawn first";
  EXPECT_GT(beside[2], beside[0]) << "blue";
  mesh.vertices[0][0] = std::nanf("");  // takes both triangles of the large square with it
  const data::Image broken = picture(draw_one(methods::Meshes{.meshes = {mesh}}));
  EXPECT_GT(pixel_of(broken, 128, 60)[0], pixel_of(broken, 128, 60)[2]) << "orange alone fills it";
}

TEST_F(DrawGallery, FacesThatLookToTheLightAreBrighter) {
  const auto face = [](std::vector<float> corners) {
    return methods::Meshes::Mesh{.vertices = at::tensor(corners).view({3, 3}),
                                 .triangles = at::tensor({0, 1, 2}, at::kLong).view({1, 3})};
  };
  // The floor is seen flatter than the front, and the light comes from above and the viewer.
  const data::Image image = picture(draw_one(methods::Meshes{
      .meshes = {face({-1, -1, 0, 1, -1, 0, 0, 1, 0}), face({0, -1, -1, 0, 1, -1, 0, 0, 1})}}));
  const Pixel floor = pixel_of(image, 128, 128), right_wall = pixel_of(image, 256 + 4 + 128, 150);
  EXPECT_LT(floor[0], 169);
  EXPECT_GT(floor[0], right_wall[0] + 20);
}

TEST_F(DrawGallery, ValuesStayAsTheyAreToSixDigits) {
  const ShownGallery gallery =
      draw_one(methods::Matrix{.values = {1.0 / 3, std::nan(""), -2e-300, 12345678},
                               .rows = {"a", "b"},
                               .columns = {"c", "d"}});
  const auto& matrix = std::get<methods::Matrix>(only(gallery).content);
  EXPECT_NEAR(matrix.values[0], 0.333333, 1e-12);
  EXPECT_TRUE(std::isnan(matrix.values[1]));
  EXPECT_NEAR(matrix.values[2] / -2e-300, 1, 1e-5);
  EXPECT_EQ(matrix.values[3], 12345700);
}

TEST_F(DrawGallery, WhatIsTooMuchIsCutAndCaptionsSaySo) {
  methods::Matrix matrix;
  matrix.rows.assign(130, "row");
  matrix.columns.assign(3, "column");
  for (int i = 0; i < 130 * 3; ++i) matrix.values.push_back(i);
  ShownGallery gallery = draw_one(matrix);
  EXPECT_EQ(std::get<methods::Matrix>(only(gallery).content).values.size(), 128U * 3);
  EXPECT_EQ(std::get<methods::Matrix>(only(gallery).content).values.back(), 128 * 3 - 1);
  EXPECT_EQ(only(gallery).caption, "128 of 130 rows");

  methods::Curves curves;
  for (int line = 0; line < 2; ++line) {
    curves.lines.push_back({.name = "n", .x = {}, .y = {}});
    for (int i = 0; i <= 4000; ++i) {
      curves.lines.back().x.push_back(i);
      curves.lines.back().y.push_back(-i);
    }
  }
  gallery = draw_one(curves);
  const auto& line = std::get<methods::Curves>(only(gallery).content).lines.at(1);
  ASSERT_THAT(line.x, SizeIs(1000));
  EXPECT_EQ(line.x.back(), 4000);
  EXPECT_EQ(line.y[500], -line.x[500]);
  EXPECT_EQ(only(gallery).caption, "1000 of 4001 points of a line") << "once for both lines";

  methods::Points points;
  for (int i = 0; i < 2002; ++i) points.points.push_back({.x = i == 7 ? std::nan("") : i, .y = 0});
  gallery = draw_one(points);
  EXPECT_THAT(std::get<methods::Points>(only(gallery).content).points, SizeIs(2000));
  EXPECT_EQ(only(gallery).caption, "2001 of 2002 points have a place; 2000 of 2001 points");

  methods::HiddenText text;
  text.words.resize(500, {.text = std::string(3000, 'x')});
  gallery = draw_one(text);
  EXPECT_THAT(std::get<methods::HiddenText>(only(gallery).content).words, SizeIs(400));
  EXPECT_LT(std::get<methods::HiddenText>(only(gallery).content).words[0].text.size(), 2100U);
}

TEST_F(DrawGallery, AMomentHoldsSoMuchAndSaysWhatItHasNoRoomFor) {
  methods::ExhibitGroup group{.kind = "many", .title = "t", .explanation = "e", .exhibits = {}};
  const methods::Exhibit wide{.content = methods::ImageStrip{
                                  .images = at::zeros({6, 1, 192, 192}, at::kByte), .names = {}}};
  group.exhibits.resize(17, wide);  // 16 of 226,000 pixels are 3.6 million
  ShownGallery gallery = draw_gallery({group, group}, folder_.path());
  EXPECT_THAT(gallery.groups.at(0).exhibits, SizeIs(16));
  EXPECT_THAT(gallery.groups.at(1).exhibits, SizeIs(1));
  EXPECT_THAT(gallery.left_out,
              ElementsAre(HasSubstr("many: 1 of 17 exhibits"), HasSubstr("many: 1 of 17 exhibits"),
                          HasSubstr("15 exhibits: a moment holds 4 million pixels")));
  methods::HiddenText long_text;
  long_text.words.resize(400, {.text = std::string(1900, 'x')});
  group.exhibits.assign(10, {.content = long_text});
  gallery = draw_gallery(methods::Gallery(17, group), folder_.path());
  EXPECT_THAT(gallery.groups, SizeIs(16));
  EXPECT_THAT(gallery.groups[0].exhibits, SizeIs(5)) << "of 0.76 MB each";
  EXPECT_THAT(gallery.left_out.back(), HasSubstr("1 of 17 groups"));
}

TEST_F(DrawGallery, PartsThatDoNotFitAreRefusedByName) {
  const auto refusal = [&](decltype(methods::Exhibit::content) content) -> std::string {
    try {
      draw_one(std::move(content));
    } catch (const Error& error) {
      return error.what();
    }
    return "drawn";
  };
  const at::Tensor images = at::zeros({2, 3, 8, 8}, at::kByte);
  EXPECT_THAT(refusal(methods::ImageStrip{.images = images, .names = {"one"}}),
              HasSubstr("an exhibit of \"one\" cannot be drawn: 2 images have 1 names"));
  EXPECT_THAT(refusal(methods::ImageStrip{.images = images[0], .names = {}}),
              HasSubstr("[3, 8, 8]"));
  EXPECT_THAT(refusal(methods::ImageStrip{.images = {}, .names = {}}), HasSubstr("nothing"));
  EXPECT_THAT(refusal(methods::Frames{.frames = images, .rows = {}}), HasSubstr("5 extents"));
  EXPECT_THAT(refusal(methods::Frames{.frames = images.to(at::kLong).unsqueeze(0), .rows = {}}),
              HasSubstr("uint8 or floating-point"));
  EXPECT_THAT(refusal(methods::Matrix{.values = {1}, .rows = {"a"}, .columns = {}}),
              HasSubstr("1 values has 1 × 0 names"));
  EXPECT_THAT(refusal(methods::Curves{.lines = {{.name = "", .x = {1}, .y = {}}}}),
              HasSubstr("1 x and 0 y"));
  EXPECT_THAT(refusal(methods::Points{.points = {{.label = 0}}}), HasSubstr("label 0 of 0"));
  EXPECT_THAT(refusal(methods::Meshes{}), HasSubstr("no mesh"));
  methods::Meshes::Mesh mesh{.vertices = at::zeros({3, 3}),
                             .triangles = at::tensor({0, 1, 3}, at::kLong).view({1, 3})};
  EXPECT_THAT(refusal(methods::Meshes{.meshes = {mesh}}), HasSubstr("no vertex"));
  mesh.triangles[0][2] = 2;
  mesh.labels = at::zeros({2}, at::kLong);
  EXPECT_THAT(refusal(methods::Meshes{.meshes = {mesh}}), HasSubstr("1 triangles have labels [2]"));
  EXPECT_THROW(draw_gallery({{.kind = "../x", .title = "", .explanation = "", .exhibits = {}}},
                            folder_.path()),
               Error);
}

TEST_F(DrawGallery, IsTheSameEveryTime) {
  const auto bytes = [&] {
    std::string all;
    for (const ShownGroup& group : draw_gallery(test::example_gallery(), folder_.path()).groups) {
      if (const auto* drawn = std::get_if<DrawnExhibit>(&group.exhibits.at(0).content)) {
        all += core::read_text_file(folder_ / drawn->file);
      }
    }
    return all;
  };
  EXPECT_EQ(bytes(), bytes());
}

}  // namespace
}  // namespace dbot::report
