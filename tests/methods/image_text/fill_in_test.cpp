// One side of a pair, predicted from the other alone.
#include "dbot/methods/image_text/fill_in.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include "dbot/methods/image_text/image_text.h"
#include "tests/methods/image_text/small_pairs.h"

namespace dbot::methods {
namespace {

class FillIn : public testing::Test {
 protected:
  void SetUp() override {
    method_.begin_stage(0);
    batch_ = test::small_pairs(config_);
  }

  nn::TextTokens texts() const {
    return {batch_.tensors.at("text_ids"), batch_.tensors.at("text_padding")};
  }

  ImageTextConfig config_ = test::small_image_text();
  ImageText method_{config_};
  data::Batch batch_;
};

TEST_F(FillIn, ImagesAreAFunctionOfTheWordsThatAreNotPadded) {
  const at::Tensor images = images_from_texts(method_.network(), texts(), at::kFloat);
  EXPECT_EQ(images.sizes(), (std::vector<std::int64_t>{4, 4, 48}));
  nn::TextTokens other = texts();
  other.ids = other.ids.clone();
  other.ids[1][0] = 1 + other.ids[1][0].item<std::int64_t>() % 11;
  other.ids[2][7] = 3;  // padded
  const at::Tensor changed = images_from_texts(method_.network(), other, at::kFloat);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(at::equal(images[i], changed[i]), i != 1) << "text " << i;
  }
}

TEST_F(FillIn, TextsAreAFunctionOfTheImageAlone) {
  const at::Tensor images = at::rand({4, 3, 8, 8});
  const at::Tensor padding = texts().padding;
  const at::Tensor logits = texts_from_images(method_.network(), images, padding, at::kFloat);
  EXPECT_EQ(logits.sizes(), (std::vector<std::int64_t>{4, 8, 12}));
  at::Tensor others = images.clone();
  others[2].mul_(0.5);
  const at::Tensor changed = texts_from_images(method_.network(), others, padding, at::kFloat);
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(at::equal(logits[i], changed[i]), i != 2) << "image " << i;
  }
}

TEST_F(FillIn, TheGalleryShowsBothSidesOfPairsThatHaveACaption) {
  DataFacts facts{.mean = config_.mean, .std = config_.std};
  for (int i = 0; i < 12; ++i) facts.words.push_back("w" + std::to_string(i));
  method_.see_data(facts);
  const Gallery gallery =
      method_.gallery(batch_, {.draws = {}, .names = {"a.jpg", "b.jpg", "c.jpg", "d.jpg"}});
  ASSERT_EQ(gallery.size(), 3u);
  for (const ExhibitGroup& group : gallery) ASSERT_EQ(group.exhibits.size(), 3u) << group.kind;
  for (const auto& word : std::get<HiddenText>(gallery[1].exhibits[1].content).words) {
    EXPECT_TRUE(word.hidden);
    EXPECT_TRUE(word.predicted.starts_with("w"));
  }
  const Exhibit& image = gallery[2].exhibits[2];
  EXPECT_EQ(image.name, "c.jpg");
  const std::string first = "w" + std::to_string(texts().ids[2][0].item<std::int64_t>()) + " ";
  EXPECT_TRUE(image.caption.starts_with(first)) << image.caption;
  const at::Tensor& shown = std::get<ImageStrip>(image.content).images;
  EXPECT_EQ(shown.sizes(), (std::vector<std::int64_t>{2, 3, 8, 8}));
  const at::Tensor original = batch_.tensors.at("images")[2].to(at::kFloat) / 255;
  EXPECT_LT((shown[0] - original).abs().max().item<float>(), 1e-5);
}

}  // namespace
}  // namespace dbot::methods
