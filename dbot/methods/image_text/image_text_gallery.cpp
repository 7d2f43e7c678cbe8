// Predictions of an M3AE: for the report, for reconstruct, and to judge held-out samples.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/move_batch.h"
#include "dbot/data/text/text_names.h"
#include "dbot/methods/image_text/fill_in.h"
#include "dbot/methods/image_text/image_text.h"
#include "dbot/methods/image_text/shown_texts.h"
#include "dbot/methods/mean_figures.h"
#include "dbot/methods/shown_pixels.h"
#include "dbot/objectives/target.h"
#include "dbot/ops/patchify.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kShownTexts = 8;

/// The captions of a batch, each with the image of the sample before it: the same words are hidden.
struct ExchangedCaptions {
  data::Batch batch;
  StepDraws draws;
};

ExchangedCaptions exchange_captions(const data::Batch& batch, const StepDraws& draws) {
  ExchangedCaptions exchanged{batch, draws};
  for (const char* name : {data::kTextIds, data::kTextPadding}) {
    exchanged.batch.tensors[name] = batch.tensors.at(name).roll({1}, {0});
  }
  exchanged.draws["text_noise"] = draws.at("text_noise").roll({1}, {0});
  return exchanged;
}

/// The images of a batch as if none had a caption.
data::Batch without_captions(const data::Batch& batch) {
  data::Batch images = batch;
  images.tensors[data::kTextIds] = at::zeros_like(batch.tensors.at(data::kTextIds));
  images.tensors[data::kTextPadding] = at::ones_like(batch.tensors.at(data::kTextPadding));
  return images;
}

/// Figures of held-out samples, means over all of them. What each side is worth to the other shows
/// in the same losses with the captions of other images, and without any.
class HeldOutPairs final : public HeldOutMeasure {
 public:
  explicit HeldOutPairs(const ImageText& method) : method_(method) {}

  void add(const data::Batch& batch, const DrawContext& context,
           runtime::Precision precision) override {
    const at::NoGradGuard no_grad;
    StepDraws draws =
        runtime::move_to(method_.draw(batch, context), method_.network().parameters()->device());
    draws.erase("drop_path");
    const auto step = method_.forward(batch, draws, precision, JointExtent::masked_tokens);
    const auto samples = static_cast<double>(batch.size());
    means_.add("loss", step.loss, samples);
    if (step.paired) {
      means_.add("image_loss", step.paired->hidden.image, samples);
      means_.add("text_loss", step.paired->hidden.text, samples);
      means_.add("text_accuracy", step.paired->hidden.accuracy, samples);
      if (step.paired->image_mask && step.paired->text_mask) {
        add_exchanged(batch, draws, precision);
      }
    }
    if (step.unpaired) means_.add("unpaired_loss", step.unpaired->hidden.text, samples);
  }

  HeldOutFigures figures() const override { return means_.figures(); }

 private:
  void add_exchanged(const data::Batch& batch, const StepDraws& draws,
                     runtime::Precision precision) {
    const auto samples = static_cast<double>(batch.size());
    if (batch.size() > 1) {
      const auto other = exchange_captions(batch, draws);
      const auto step =
          method_.forward(other.batch, other.draws, precision, JointExtent::masked_tokens);
      means_.add("text_loss_other_image", step.paired->hidden.text, samples);
    }
    const auto alone =
        method_.forward(without_captions(batch), draws, precision, JointExtent::masked_tokens);
    means_.add("image_loss_no_caption", alone.paired->hidden.image, samples);
  }

  const ImageText& method_;
  MeanFigures means_;
};

/// A batch's first samples, without their images' labels.
data::Batch first_samples(const data::Batch& batch, std::int64_t count) {
  data::Batch first;
  for (const char* name : {"images", data::kTextIds, data::kTextPadding}) {
    const auto found = batch.tensors.find(name);
    if (found != batch.tensors.end()) first.tensors[name] = found->second.narrow(0, 0, count);
  }
  first.sample_ids.assign(batch.sample_ids.begin(), batch.sample_ids.begin() + count);
  first.epoch = batch.epoch;
  return first;
}

/// The image of each sample with a caption, and the one that was predicted from that.
struct ImagePairs {
  at::Tensor seen, predicted;  // [batch, channels, height, width], normalised
};

std::vector<Exhibit> image_exhibits(const ShownTexts& words, const ImagePairs& images,
                                    const ImageTextConfig& config) {
  const at::Tensor seen = shown_pixels(images.seen, config.mean, config.std, 1);
  const at::Tensor predicted = shown_pixels(images.predicted, config.mean, config.std, 1);
  std::vector<Exhibit> exhibits;
  for (std::int64_t i = 0; i < words.size(); ++i) {
    if (!words.has_words(i)) continue;
    exhibits.push_back({.name = words.name(i),
                        .caption = words.sentence(i),
                        .content = ImageStrip{.images = at::stack({seen[i], predicted[i]}),
                                              .names = {"image", "from its caption"}}});
  }
  return exhibits;
}

}  // namespace

std::unique_ptr<HeldOutMeasure> ImageText::measure_held_out() const {
  if (!config_.reads_images() && !config_.reads_captions()) return nullptr;
  return std::make_unique<HeldOutPairs>(*this);
}

MaskedPrediction ImageText::predict_masked(const data::Batch& batch, const DrawContext& context,
                                           runtime::Precision precision) const {
  const at::NoGradGuard no_grad;
  const runtime::Device& device = network_->parameters()->device();
  const data::Batch there = data::move_to(batch, device);
  StepDraws draws = runtime::move_to(draw(batch, context), device);
  draws.erase("drop_path");
  const std::optional<JointPass> found =
      pass_of(paired_samples(there, draws), {}, precision, JointExtent::all_tokens);
  if (!found || !found->image_mask) {
    throw Error("[image_text] the batch has no images, expected some to predict");
  }
  MaskedPrediction result;
  result.images = seen_images(there).seen();
  result.mask = found->image_mask->mask;
  result.prediction = found->image_prediction;
  result.target = objectives::pixel_target(result.images, config_.encoder.patch_size,
                                           objectives::Normalisation::none);
  result.loss = {.kind = objectives::LossKind::mse};
  result.pixels = true;
  result.patch_size = config_.encoder.patch_size;
  result.mean = config_.mean;
  result.std = config_.std;
  return on_host(std::move(result));
}

Gallery ImageText::gallery(const data::Batch& batch, const GalleryContext& context) const {
  if (!config_.reads_captions() || !batch.tensors.contains(data::kTextIds)) return {};
  const at::NoGradGuard no_grad;
  const runtime::Device& device = network_->parameters()->device();
  const data::Batch shown =
      data::move_to(first_samples(batch, std::min(kShownTexts, batch.size())), device);
  StepDraws draws = runtime::move_to(draw(shown, context.draws), device);
  draws.erase("drop_path");
  const Forward step = forward(shown, draws, context.precision);
  const nn::TextTokens texts{shown.tensors.at(data::kTextIds),
                             shown.tensors.at(data::kTextPadding)};
  const ShownTexts words(config_.words, texts.ids, texts.padding, context.names);
  Gallery groups{
      {.kind = "captions",
       .title = "Captions",
       .explanation = "Words that were hidden from the network, and what it put in "
                      "their place: from the visible patches of the image and the "
                      "other words.",
       .exhibits = words.exhibits(step.paired->text_mask->mask, step.paired->text_logits)}};
  if (groups.front().exhibits.empty()) return {};  // none of them has a caption
  if (!config_.reads_images()) return groups;
  const at::ScalarType compute = runtime::compute_type(context.precision);
  const ops::Images images = seen_images(shown);
  groups.push_back(
      {.kind = "captions_from_images",
       .title = "Captions from images alone",
       .explanation = "All words were hidden: each is what the network takes for the likeliest one "
                      "at its place, from the whole image and the number of words.",
       .exhibits = words.exhibits(at::ones_like(texts.padding),
                                  texts_from_images(*network_, images, texts.padding, compute))});
  const at::Tensor predicted = ops::unpatchify(
      images_from_texts(*network_, texts, compute), config_.encoder.patch_size,
      config_.encoder.grid().height, config_.encoder.grid().width, config_.encoder.channels);
  groups.push_back({.kind = "images_from_captions",
                    .title = "Images from captions alone",
                    .explanation =
                        "All patches were hidden: from the words the network predicts the "
                        "mean of the images that would fit them.",
                    .exhibits = image_exhibits(words, {images.seen(), predicted}, config_)});
  return groups;
}

}  // namespace dbot::methods
