// Predictions of masked clips: for the report, and to judge held-out videos.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>

#include "dbot/data/move_batch.h"
#include "dbot/methods/masked_clips/masked_clips.h"
#include "dbot/methods/mean_figures.h"
#include "dbot/methods/shown_pixels.h"
#include "dbot/methods/surroundings.h"
#include "dbot/objectives/target.h"

namespace dbot::methods {
namespace {

constexpr std::int64_t kShownClips = 6;
constexpr double kHiddenGrey = 0.5;

/// The mean loss over the clips of all held-out videos.
class HeldOutClips final : public HeldOutMeasure {
 public:
  explicit HeldOutClips(const MaskedClips& method) : method_(method) {}

  void add(const data::Batch& batch, const DrawContext& context,
           runtime::Precision precision) override {
    const at::NoGradGuard no_grad;
    const StepDraws draws =
        runtime::move_to(method_.draw(batch, context), method_.network().parameters()->device());
    const auto step = method_.forward(batch, draws, precision, ClipExtent::masked_tokens);
    means_.add("loss", step.pass.loss, static_cast<double>(batch.tensors.at(nn::kClips).size(0)));
  }

  HeldOutFigures figures() const override { return means_.figures(); }

 private:
  const MaskedClips& method_;
  MeanFigures means_;
};

/// The batch's first samples with all their clips.
data::Batch first_videos(const data::Batch& batch, std::int64_t samples) {
  const at::Tensor& clips = batch.tensors.at(nn::kClips);
  data::Batch first;
  first.tensors[nn::kClips] = clips.narrow(0, 0, clips.size(0) / batch.size() * samples);
  first.sample_ids.assign(batch.sample_ids.begin(), batch.sample_ids.begin() + samples);
  first.epoch = batch.epoch;
  return first;
}

constexpr const char* kSeenAsTheyAre =
    "Frames of clips of which most was hidden, what was left to see of them, and what the network "
    "put in the place of the rest.";
constexpr const char* kSeenRescaled =
    "Frames of clips of which most was hidden, what was left to see of them, and what the network "
    "put in the place of the rest. It predicts each patch on a scale of its own: here each has the "
    "mean and deviation of the patch that was hidden, which the network does not know.";

}  // namespace

std::unique_ptr<HeldOutMeasure> MaskedClips::measure_held_out() const {
  return std::make_unique<HeldOutClips>(*this);
}

Gallery MaskedClips::gallery(const data::Batch& batch, const GalleryContext& context) const {
  if (!batch.tensors.contains(nn::kClips)) return {};
  const at::NoGradGuard no_grad;
  const runtime::Device& device = network_->parameters()->device();
  const data::Batch shown =
      data::move_to(first_videos(batch, std::min(kShownClips, batch.size())), device);
  const Forward step =
      forward(shown, runtime::move_to(draw(shown, context.draws), device), context.precision);
  const bool rescaled = config_.normalisation == PixelScale::patch;
  const at::Tensor hidden = step.mask.mask.gt(0.5).unsqueeze(-1);
  const at::Tensor& target = step.pass.target;
  const at::Tensor predicted =
      rescaled ? objectives::undo_standardise(step.pass.prediction, target) : step.pass.prediction;
  const auto [rows, columns] = shape_.encoder.grid();
  const auto frames_of = [&, rows = rows, columns = columns](const at::Tensor& patches) {
    return ops::clip_from_patches(patches,
                                  {shape_.predicted_per_token(), shape_.encoder.patch_size}, rows,
                                  columns, shape_.encoder.channels);
  };
  const at::Tensor clips = frames_of(target);
  const at::Tensor unseen = frames_of(hidden.expand_as(target).to(at::kFloat)).gt(0.5).cpu();
  const at::Tensor whole = frames_of(at::where(hidden, predicted, target));
  ExhibitGroup group{.kind = "clips",
                     .title = "Clips",
                     .explanation = rescaled ? kSeenRescaled : kSeenAsTheyAre,
                     .exhibits = {}};
  const std::int64_t of_each = clips.size(0) / shown.size();
  for (std::int64_t sample = 0; sample < shown.size(); ++sample) {
    const std::int64_t first = sample * of_each;
    const at::Tensor clip = shown_pixels(clips[first], config_.mean, config_.std, 0);
    const at::Tensor visible = at::where(unseen[first], at::full_like(clip, kHiddenGrey), clip);
    const at::Tensor built = shown_pixels(whole[first], config_.mean, config_.std, 0);
    // [rows, channels, frames, …] becomes [rows, frames, channels, …].
    const at::Tensor strips = at::stack({clip, visible, built}).transpose(1, 2).contiguous();
    const auto place = static_cast<std::size_t>(sample);
    group.exhibits.push_back(
        {.name = place < context.names.size() ? context.names[place] : std::string(),
         .caption = rescaled ? "each predicted patch on the scale of the hidden one" : "",
         .content = Frames{.frames = strips,
                           .rows = {"clip", "visible", rescaled ? "rescaled" : "prediction"}}});
  }
  return {group};
}

}  // namespace dbot::methods
