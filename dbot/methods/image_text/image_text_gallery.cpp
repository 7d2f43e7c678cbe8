// Predictions of an M3AE: for the report, for reconstruct, and to judge held-out samples.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/image_text/image_text.h"
#include "dbot/methods/surroundings.h"
#include "dbot/objectives/target.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kShownTexts = 8;
constexpr std::string_view kContinuation = "##";

/// Figures of held-out samples, means over all of them.
class HeldOutPairs final : public HeldOutMeasure {
 public:
  explicit HeldOutPairs(const ImageText& method) : method_(method) {}

  void add(const data::Batch& batch, const DrawContext& context,
           runtime::Precision precision) override {
    const at::NoGradGuard no_grad;
    StepDraws draws = method_.draw(batch, context);
    draws.erase("drop_path");
    const auto step = method_.forward(batch, draws, precision, JointExtent::masked_tokens);
    const auto samples = static_cast<double>(batch.size());
    add_figure("loss", step.loss, samples);
    if (step.paired) {
      add_figure("image_loss", step.paired->hidden.image, samples);
      add_figure("text_loss", step.paired->hidden.text, samples);
      add_figure("text_accuracy", step.paired->hidden.accuracy, samples);
    }
    if (step.unpaired) add_figure("unpaired_loss", step.unpaired->hidden.text, samples);
    samples_ += samples;
  }

  HeldOutFigures figures() const override {
    HeldOutFigures figures;
    if (sums_.empty()) figures.values.emplace_back("loss", std::nan(""));
    for (const auto& [name, sum] : sums_) figures.values.emplace_back(name, sum / samples_);
    return figures;
  }

 private:
  void add_figure(const char* name, const at::Tensor& mean, double samples) {
    if (!mean.defined()) return;
    auto found = std::ranges::find(sums_, name, &std::pair<std::string, double>::first);
    if (found == sums_.end()) found = sums_.insert(found, {name, 0.0});
    found->second += mean.item<double>() * samples;
  }

  const ImageText& method_;
  std::vector<std::pair<std::string, double>> sums_;
  double samples_ = 0;
};

/// A token as people read it: a continuation without its marks.
struct ReadToken {
  std::string text;
  bool continues = false;
};

ReadToken read_token(const std::vector<std::string>& words, std::int64_t id) {
  if (id < 0 || static_cast<std::size_t>(id) >= words.size())
    return {.text = fmt::format("#{}", id)};
  const std::string& word = words[static_cast<std::size_t>(id)];
  if (!word.starts_with(kContinuation) || word.size() == kContinuation.size()) {
    return {.text = word};
  }
  return {.text = word.substr(kContinuation.size()), .continues = true};
}

/// One text; ids, mask, padding, guesses: [tokens], on the host.
HiddenText hidden_text(const std::vector<std::string>& words, const at::Tensor& ids,
                       const at::Tensor& mask, const at::Tensor& padding,
                       const at::Tensor& guesses) {
  HiddenText text;
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    if (padding[i].item<float>() > 0.5F) continue;
    ReadToken token = read_token(words, ids[i].item<std::int64_t>());
    HiddenText::Word word{.text = std::move(token.text),
                          .hidden = mask[i].item<float>() > 0.5F,
                          .continues = token.continues && !text.words.empty()};
    if (word.hidden) word.predicted = read_token(words, guesses[i].item<std::int64_t>()).text;
    text.words.push_back(std::move(word));
  }
  return text;
}

/// A batch's first samples, without their images' labels.
data::Batch first_samples(const data::Batch& batch, std::int64_t count) {
  data::Batch first;
  for (const char* name : {"images", kTextIds, kTextPadding}) {
    const auto found = batch.tensors.find(name);
    if (found != batch.tensors.end()) first.tensors[name] = found->second.narrow(0, 0, count);
  }
  first.sample_ids.assign(batch.sample_ids.begin(), batch.sample_ids.begin() + count);
  first.epoch = batch.epoch;
  return first;
}

}  // namespace

std::unique_ptr<HeldOutMeasure> ImageText::measure_held_out() const {
  return std::make_unique<HeldOutPairs>(*this);
}

MaskedPrediction ImageText::predict_masked(const data::Batch& batch, const DrawContext& context,
                                           runtime::Precision precision) const {
  const at::NoGradGuard no_grad;
  StepDraws draws = draw(batch, context);
  draws.erase("drop_path");
  const std::optional<JointPass> found =
      pass_of(paired_samples(batch, draws), {}, precision, JointExtent::all_tokens);
  if (!found || !found->image_mask) {
    throw Error("[image_text] the batch has no images, expected some to predict");
  }
  MaskedPrediction result;
  result.images = seen_images(batch).seen();
  result.mask = found->image_mask->mask;
  result.prediction = found->image_prediction;
  result.target = objectives::pixel_target(result.images, config_.encoder.patch_size,
                                           objectives::Normalisation::none);
  result.loss = {.kind = objectives::LossKind::mse};
  result.pixels = true;
  result.patch_size = config_.encoder.patch_size;
  result.mean = config_.mean;
  result.std = config_.std;
  return result;
}

Gallery ImageText::gallery(const data::Batch& batch, const GalleryContext& context) const {
  if (!config_.reads_captions() || !batch.tensors.contains(kTextIds)) return {};
  const at::NoGradGuard no_grad;
  const data::Batch shown = first_samples(batch, std::min(kShownTexts, batch.size()));
  StepDraws draws = draw(shown, context.draws);
  draws.erase("drop_path");
  const Forward step = forward(shown, draws, context.precision);
  const at::Tensor guesses = step.paired->text_logits.argmax(-1).cpu();
  const at::Tensor ids = shown.tensors.at(kTextIds).cpu();
  const at::Tensor padding = shown.tensors.at(kTextPadding).cpu();
  const at::Tensor mask = step.paired->text_mask->mask.cpu();
  ExhibitGroup group{
      .kind = "captions",
      .title = "Captions",
      .explanation =
          "Words that were hidden from the network, and what it put in their place: from "
          "the visible patches of the image and the other words.",
      .exhibits = {}};
  for (std::int64_t i = 0; i < shown.size(); ++i) {
    HiddenText text = hidden_text(config_.words, ids[i], mask[i], padding[i], guesses[i]);
    if (text.words.empty()) continue;  // a missing caption
    const auto place = static_cast<std::size_t>(i);
    group.exhibits.push_back(
        {.name = place < context.names.size() ? context.names[place] : std::string(),
         .caption = "",
         .content = std::move(text)});
  }
  return {group};
}

}  // namespace dbot::methods
