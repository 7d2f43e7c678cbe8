#include "dbot/methods/image_text/joint_pass.h"

#include <ATen/TensorOperators.h>

#include "dbot/methods/image_text/text_loss.h"
#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/ops/token_loss.h"

namespace dbot::methods {
namespace {

constexpr objectives::LossConfig kPixelError{.kind = objectives::LossKind::mse};

/// The hidden tokens of each sample in their order, int64 [batch, hidden].
at::Tensor hidden_rows(const masking::Mask& mask) {
  return loss_tokens(mask.mask, hidden_patches(mask), /*with_cls=*/false).rows - 1;
}

class PassBuilder {
 public:
  PassBuilder(const nn::JointAutoencoder& network, const JointSamples& samples,
              const JointPassSettings& settings)
      : network_(network), samples_(samples), settings_(settings) {}

  JointPass build() {
    draw_masks();
    encode();
    const nn::JointDecoded decoded =
        network_.decode(pass_.visible, pass_.latent, places_, settings_.compute, {}, rows_);
    if (samples_.images) judge_images(decoded.image);
    if (samples_.text) judge_text(decoded.text);
    return std::move(pass_);
  }

 private:
  bool masked_alone() const { return settings_.extent == JointExtent::masked_tokens; }

  void draw_masks() {
    if (samples_.images) {
      pass_.image_mask = masking::random_mask(samples_.image_noise, settings_.patches_kept);
      input_.images = samples_.images;
      input_.image_keep = pass_.image_mask->ids_keep;
      places_.image_restore = pass_.image_mask->ids_restore;
      if (masked_alone()) rows_.image = hidden_rows(*pass_.image_mask);
    }
    if (samples_.text) {
      pass_.text_mask = masking::random_mask(samples_.text_noise, settings_.words_kept);
      input_.text = samples_.text;
      input_.text_keep = pass_.text_mask->ids_keep;
      places_.text_restore = pass_.text_mask->ids_restore;
      places_.text_padding = samples_.text->padding;
      if (masked_alone()) rows_.text = hidden_rows(*pass_.text_mask);
    }
  }

  void encode() {
    pass_.visible = network_.encoder().embed(input_);
    pass_.latent = network_.encoder().encode(pass_.visible, settings_.compute, settings_.drop_path);
  }

  void judge_images(const at::Tensor& decoded) {
    pass_.image_prediction = network_.predict_image(decoded, settings_.compute);
    const at::Tensor target =
        objectives::pixel_target(*samples_.images, network_.config().encoder.patch_size,
                                 objectives::Normalisation::none, rows_.image);
    const at::Tensor mean = ops::mean_token_loss(pass_.image_prediction, target, kPixelError,
                                                 ops::TargetScale::as_it_is);
    if (masked_alone()) {
      pass_.hidden.image = mean;
      return;
    }
    pass_.whole.image = mean;
    // As many are hidden in each sample: the mean over all is that of the samples' means.
    pass_.hidden.image =
        objectives::masked_mean(objectives::token_loss(pass_.image_prediction, target, kPixelError),
                                pass_.image_mask->mask);
  }

  void judge_text(const at::Tensor& decoded) {
    const nn::TextTokens& text = *samples_.text;
    const at::Tensor words = text.padding.neg() + 1;
    const at::Tensor counts = words * pass_.text_mask->mask;
    if (masked_alone()) {
      const CountedTokens counted = counted_tokens(counts.gather(1, rows_.text));
      pass_.text_logits = network_.predict_text(
          decoded.flatten(0, 1).index_select(0, counted.places), settings_.compute);
      const at::Tensor ids =
          text.ids.gather(1, rows_.text).flatten().index_select(0, counted.places);
      set_text(pass_.hidden, text_figures(pass_.text_logits, ids, counted.weights));
      return;
    }
    pass_.text_logits = network_.predict_text(decoded, settings_.compute);
    set_text(pass_.hidden, figures_of(counts));
    set_text(pass_.whole, figures_of(words));
  }

  TextFigures figures_of(const at::Tensor& counts) const {
    const CountedTokens counted = counted_tokens(counts);
    return text_figures(pass_.text_logits.flatten(0, 1).index_select(0, counted.places),
                        samples_.text->ids.flatten().index_select(0, counted.places),
                        counted.weights);
  }

  static void set_text(JointFigures& figures, const TextFigures& text) {
    figures.text = text.loss;
    figures.accuracy = text.accuracy;
  }

  const nn::JointAutoencoder& network_;
  const JointSamples& samples_;
  const JointPassSettings& settings_;
  JointPass pass_;
  nn::JointInput input_;
  nn::JointPlaces places_;
  nn::JointRows rows_;
};

}  // namespace

JointPass joint_pass(const nn::JointAutoencoder& network, const JointSamples& samples,
                     const JointPassSettings& settings) {
  return PassBuilder(network, samples, settings).build();
}

}  // namespace dbot::methods
