#include "dbot/methods/image_text/image_text.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "dbot/core/error.h"
#include "dbot/exchange/joint/flax_names.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/image_text/image_text_entry.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/image_text/small_pairs.h"

namespace dbot::methods {
namespace {

using testing::HasSubstr;

constexpr auto kPrecision = runtime::Precision::fp32;

class ImageTextTest : public testing::Test {
 protected:
  std::unique_ptr<ImageText> begun() {
    auto method = std::make_unique<ImageText>(config_);
    method->see_data({.mean = config_.mean, .std = config_.std, .words = words_});
    method->begin_stage(0);
    return method;
  }

  StepDraws draws(const ImageText& method, const data::Batch& batch) const {
    return method.draw(batch, {.seed = 7, .stage = 0, .epoch = 1, .micro_batch = 3});
  }

  double value(const StepResult& result, const std::string& name) const {
    const auto found =
        std::ranges::find(result.scalars, name, &std::pair<std::string, at::Tensor>::first);
    if (found == result.scalars.end()) throw Error("no scalar " + name);
    return found->second.item<double>();
  }

  std::string refusal() const {
    try {
      check(config_, {});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  ImageTextConfig config_ = test::small_image_text();
  std::vector<std::string> words_{"[PAD]", "[UNK]", "a", "dog", "##s", "runs",
                                  "on",    "grass", "b", "c",   "d",   "e"};
  data::Batch batch_ = test::small_pairs(config_);
};

TEST_F(ImageTextTest, IdsUnderPaddingChangeNothingThatIsSeen) {
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  const auto step = method->forward(batch_, drawn, kPrecision);
  data::Batch other = batch_;
  const at::Tensor padded = batch_.tensors.at("text_padding").gt(0.5);
  other.tensors["text_ids"] = batch_.tensors.at("text_ids").masked_fill(padded, 9);
  const auto changed = method->forward(other, drawn, kPrecision);
  EXPECT_TRUE(at::equal(step.paired->image_prediction, changed.paired->image_prediction));
  const at::Tensor seen = padded.logical_not();
  EXPECT_TRUE(
      at::equal(step.paired->text_logits.index({seen}), changed.paired->text_logits.index({seen})));
  EXPECT_TRUE(at::equal(step.loss, changed.loss));
  // Without padding the same ids do matter.
  data::Batch open = batch_, open_other = other;
  for (data::Batch* batch : {&open, &open_other}) {
    batch->tensors["text_padding"] = at::zeros_like(batch_.tensors.at("text_padding"));
  }
  EXPECT_FALSE(
      at::allclose(method->forward(open, drawn, kPrecision).paired->image_prediction,
                   method->forward(open_other, drawn, kPrecision).paired->image_prediction));
}

TEST_F(ImageTextTest, MissingCaptionsGiveATextLossOfExactlyNothing) {
  const auto method = begun();
  batch_.tensors["text_ids"] = at::zeros_like(batch_.tensors.at("text_ids"));
  batch_.tensors["text_padding"] = at::ones_like(batch_.tensors.at("text_padding"));
  const StepResult result = method->training_step(batch_, draws(*method, batch_), {});
  EXPECT_EQ(value(result, "text_loss"), 0);
  EXPECT_EQ(value(result, "text_accuracy"), 0);
  EXPECT_EQ(value(result, "text_pairs"), 0);
  EXPECT_GT(value(result, "image_loss"), 0);
  result.loss.backward();
  EXPECT_EQ(
      method->parameters().at("decoder_text_head.output.weight").grad().abs().max().item<float>(),
      0);
}

TEST_F(ImageTextTest, AStepReadsWhatWasHiddenAlone) {
  config_.head_depth = 2;
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  const auto whole = method->forward(batch_, drawn, kPrecision);
  const StepResult step = method->training_step(batch_, drawn, {});
  EXPECT_NEAR(step.loss.item<double>(), whole.loss.item<double>(), 1e-5);
  EXPECT_NEAR(value(step, "text_pairs"), 0.75, 1e-6);
}

TEST_F(ImageTextTest, ATextDoesNotHearOfItsImageWhereImagesAreNotRead) {
  config_.image_weight = 0;
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  data::Batch other = batch_;
  other.tensors["images"] = batch_.tensors.at("images").roll({1}, {0});
  EXPECT_TRUE(at::equal(method->forward(batch_, drawn, kPrecision).loss,
                        method->forward(other, drawn, kPrecision).loss));
  EXPECT_EQ(method->images(), nullptr);
}

TEST_F(ImageTextTest, ImagesAloneBeginWithTheWeightsAndMasksOfPairs) {
  const auto pairs = begun();
  const data::Batch captioned = batch_;
  config_.text_weight = 0;
  const auto alone = begun();
  const auto weights = pairs->parameters().named();
  for (const auto& [name, tensor] : alone->parameters().named()) {
    EXPECT_TRUE(at::equal(tensor, weights.at(name))) << name;
  }
  for (const char* name : {"text_ids", "text_padding"}) batch_.tensors.erase(name);
  const StepDraws drawn = draws(*alone, batch_);
  EXPECT_TRUE(at::equal(drawn.at("image_noise"), draws(*pairs, captioned).at("image_noise")));
  EXPECT_FALSE(drawn.contains("text_noise"));
  const StepResult step = alone->training_step(batch_, drawn, {});
  EXPECT_EQ(step.loss.item<double>(), value(step, "image_loss"));
  EXPECT_EQ(step.scalars.size(), 1U);
  // Captions that are there are not read either.
  EXPECT_TRUE(at::equal(alone->training_step(captioned, drawn, {}).loss, step.loss));
  step.loss.backward();
  const at::Tensor heads = alone->parameters().at("decoder_text_head.output.weight").grad();
  EXPECT_TRUE(!heads.defined() || heads.abs().max().item<float>() == 0);
  EXPECT_GT(
      alone->parameters().at("decoder_image_head.output.weight").grad().abs().max().item<float>(),
      0);
  EXPECT_FALSE(outline(config_).texts);
}

TEST_F(ImageTextTest, ATextHearsOfItsImageWhereBothAreRead) {
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  data::Batch other = batch_;
  other.tensors["images"] = batch_.tensors.at("images").roll({1}, {0});
  EXPECT_FALSE(at::equal(method->forward(batch_, drawn, kPrecision).paired->hidden.text,
                         method->forward(other, drawn, kPrecision).paired->hidden.text));
}

TEST_F(ImageTextTest, HeldOutPairsShowWhatEachSideIsWorthToTheOther) {
  const auto method = begun();
  const auto figures = [&](const data::Batch& batch) {
    const auto measure = method->measure_held_out();
    measure->add(batch, {.seed = 5}, kPrecision);
    std::map<std::string, double> found;
    for (const auto& [name, value] : measure->figures().values) found[name] = value;
    return found;
  };
  auto found = figures(batch_);
  EXPECT_GT(std::abs(found.at("text_loss_other_image") - found.at("text_loss")), 1e-6);
  EXPECT_GT(std::abs(found.at("image_loss_no_caption") - found.at("image_loss")), 1e-6);
  // Where all images are one, another sample's is no other image.
  data::Batch alike = batch_;
  alike.tensors["images"] = batch_.tensors.at("images").slice(0, 0, 1).repeat({4, 1, 1, 1});
  alike.sample_ids = {7, 7, 7, 7};
  found = figures(alike);
  EXPECT_NEAR(found.at("text_loss_other_image"), found.at("text_loss"), 1e-5);
  // Where no image has a caption, none can be taken away.
  data::Batch bare = batch_;
  bare.tensors["text_ids"] = at::zeros_like(batch_.tensors.at("text_ids"));
  bare.tensors["text_padding"] = at::ones_like(batch_.tensors.at("text_padding"));
  found = figures(bare);
  EXPECT_NEAR(found.at("image_loss_no_caption"), found.at("image_loss"), 1e-6);
  bare.tensors = {{"images", batch_.tensors.at("images").slice(0, 0, 1)},
                  {"text_ids", batch_.tensors.at("text_ids").slice(0, 0, 1)},
                  {"text_padding", batch_.tensors.at("text_padding").slice(0, 0, 1)}};
  bare.sample_ids = {0};
  EXPECT_FALSE(figures(bare).contains("text_loss_other_image")) << "one sample has no other";
}

TEST_F(ImageTextTest, UnpairedTextsHaveALossOfTheirOwn) {
  config_.unpaired_weight = 0.25;
  const at::Tensor padding = test::padding_behind({10, 2, 4, 9}, config_.unpaired_length);
  batch_.tensors["unpaired.text_ids"] = test::ids_for(padding, config_.vocabulary);
  batch_.tensors["unpaired.text_padding"] = padding;
  const auto method = begun();
  const StepResult result = method->training_step(batch_, draws(*method, batch_), {});
  EXPECT_NEAR(result.loss.item<double>(),
              value(result, "image_loss") + 0.5 * value(result, "text_loss") +
                  0.25 * value(result, "unpaired_loss"),
              1e-5);
}

TEST_F(ImageTextTest, MasksAreASamplesOwnOrABatchs) {
  const auto own = begun();
  const at::Tensor noise = draws(*own, batch_).at("text_noise");
  EXPECT_FALSE(at::equal(noise[0], noise[1]));
  data::Batch turned = batch_;
  turned.sample_ids = {1, 0, 3, 2};
  EXPECT_TRUE(at::equal(draws(*own, turned).at("text_noise")[0], noise[1]));
  config_.mask_scope = MaskScope::per_batch;
  const auto shared = begun();
  const StepDraws drawn = draws(*shared, batch_);
  for (const char* name : {"image_noise", "text_noise"}) {
    EXPECT_TRUE(at::equal(drawn.at(name)[0], drawn.at(name)[3])) << name;
  }
}

TEST_F(ImageTextTest, AStepSaysWhatItsBatchLacks) {
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  batch_.tensors.erase("text_ids");
  EXPECT_THROW(method->training_step(batch_, drawn, {}), UsageError);
  batch_ = test::small_pairs(config_);
  batch_.tensors.at("text_ids").fill_(12);
  EXPECT_THROW(method->training_step(batch_, drawn, {}), Error);
}

TEST_F(ImageTextTest, HiddenWordsStandInTheGalleryWithWhatWasPutInTheirPlace) {
  const auto method = begun();
  const Gallery gallery = method->gallery(batch_, {.draws = {.seed = 5}, .names = {"one"}});
  ASSERT_EQ(gallery.size(), 3U);
  ASSERT_EQ(gallery[0].exhibits.size(), 3U) << "the fourth caption is missing";
  EXPECT_EQ(gallery[0].exhibits[0].name, "one");
  const auto& text = std::get<HiddenText>(gallery[0].exhibits[0].content);
  ASSERT_EQ(text.words.size(), 8U);
  EXPECT_EQ(std::ranges::count_if(text.words, &HiddenText::Word::hidden), 4);
  for (const HiddenText::Word& word : text.words) {
    EXPECT_EQ(word.hidden, !word.predicted.empty());
    EXPECT_FALSE(word.text.starts_with("##"));
  }
}

TEST_F(ImageTextTest, DecayIsForMatricesAndGainsAlone) {
  const auto method = begun();
  std::set<std::string> undecayed;
  for (const auto& spec : method->parameters().specs()) {
    if (spec.trainable() && !spec.decayed() && !spec.name.ends_with(".bias")) {
      undecayed.insert(spec.name);
    }
  }
  EXPECT_EQ(undecayed,
            (std::set<std::string>{"cls_token", "image_type", "text_type", "text_embed.weight",
                                   "image_mask_token", "text_mask_token", "decoder_image_type",
                                   "decoder_text_type"}));
  const auto rows = method->facts().rows;
  const auto shown =
      std::ranges::find(rows, "without weight decay", &std::pair<std::string, std::string>::first);
  ASSERT_NE(shown, rows.end());
  EXPECT_THAT(shown->second, HasSubstr("text_embed.weight"));
}

TEST_F(ImageTextTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal(), "");
  config_.text_ratio = 0.9;
  EXPECT_THAT(refusal(), HasSubstr("mask.text_ratio is 0.9, which leaves 0 of the 8 tokens"));
  config_ = test::small_image_text();
  config_.image_weight = config_.text_weight = 0;
  EXPECT_THAT(refusal(), HasSubstr("leaves nothing to learn"));
  config_ = test::small_image_text();
  config_.start = StartKind::file;
  EXPECT_THAT(refusal(), HasSubstr("start.path is empty"));
}

TEST_F(ImageTextTest, AVocabularyLargerThanTheNetworksIsRefused) {
  words_.emplace_back("one more");
  EXPECT_THROW(begun(), UsageError);
}

TEST_F(ImageTextTest, StartsFromAFileWithThePublishedNames) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "m3ae.safetensors").string();
  config_.seed = 9;
  const auto source = begun();
  runtime::NamedTensors theirs;
  for (const auto& [name, tensor] : exchange::joint_to_flax(source->parameters().named())) {
    std::string nested = "params/" + name;
    std::ranges::replace(nested, '.', '/');
    theirs[nested] = tensor.detach().clone();
  }
  exchange::write_tensor_file(path, theirs, {});
  config_.seed = 1;
  config_.start = StartKind::file;
  config_.start_path = path;
  const auto started = begun();
  for (const auto& [name, tensor] : source->parameters().named()) {
    EXPECT_TRUE(at::equal(tensor, started->parameters().at(name))) << name;
  }
  EXPECT_EQ(started->backbone_file().description.find("\"sources\"") != std::string::npos, true);
  config_.encoder.depth = 3;
  EXPECT_THROW(begun(), UsageError);
}

}  // namespace
}  // namespace dbot::methods
