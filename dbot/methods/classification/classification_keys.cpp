// The recipe keys of classification: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/classification/classification_entry.h"
#include "dbot/methods/encoder_keys.h"

namespace dbot::methods {

using core::above;
using core::at_least;
using core::below;

void bind(core::Settings& settings, ClassificationConfig& config) {
  settings.place_behind("");
  bind_encoder(settings, config.encoder);
  settings.add_choice("start.init", config.start, {"random", "file"},
                      "The encoder's first weights: drawn at random, or from a file.");
  settings.add("start.path", config.start_path,
               "A run, checkpoint or weights file to start from, with init = \"file\" alone.");
  settings.add_choice(
      "head.pooling", config.pooling, {"mean", "cls"},
      "What the head sees: the mean of the patch tokens, then a norm of its own, or "
      "the cls token after the final norm.");
  settings.add("head.deviation", config.head.deviation, at_least(0, 1), "",
               "Deviation of the normal draws that the head's matrix starts with.");
  settings.add("head.truncated", config.head.truncated,
               "Draws of the head beyond one deviation are drawn again.");
  auto& labels = config.labels;
  settings.add("labels.share", labels.share, above(0, 1), "fraction",
               "Share of the labelled training images of each class to learn from.");
  settings.add("labels.per_class", labels.per_class, at_least(0, 1e12), "images",
               "Training images of each class to learn from, which each has to have; 0: by share.");
  settings.add("labels.held_out", config.held_out, above(0, 0.5), "fraction",
               "With validation.every_epochs: share of these images of each class that are not "
               "learned from but judge the network.");
  settings.add("labels.smoothing", config.smoothing, below(0, 1), "fraction",
               "Share of each target that is spread over all classes.");
  auto& mixing = config.mixing;
  settings.add("mixing.mixup", mixing.mixup, at_least(0, 1000), "",
               "Mixup: images of a batch are blended with its reverse; the parameter of λ's beta "
               "distribution, 0: none.");
  settings.add("mixing.cutmix", mixing.cutmix, at_least(0, 1000), "",
               "CutMix: a box of an image comes from its partner; the parameter of λ's beta "
               "distribution, 0: none.");
  settings.add("mixing.probability", mixing.probability, at_least(0, 1), "fraction",
               "That a batch is mixed at all.");
  settings.add("mixing.cutmix_share", mixing.cutmix_share, at_least(0, 1), "fraction",
               "Of mixed batches, where both are on.");
  settings.place_behind("optimizer.weight_decay");
  settings.add("optimizer.layer_decay", config.layer_decay, above(0, 1), "",
               "The learning rate shrinks by this factor from block to block towards the input.");
  settings.place_behind("train.accumulate");
  settings.add("train.drop_path", config.drop_path, below(0, 1), "fraction",
               "Stochastic depth of the last block, rising linearly from 0.");
}

}  // namespace dbot::methods
