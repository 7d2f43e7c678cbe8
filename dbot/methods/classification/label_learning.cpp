#include "dbot/methods/classification/label_learning.h"

#include <fmt/format.h>

#include "dbot/core/settings/ranges.h"
#include "dbot/methods/check_values.h"

namespace dbot::methods {

using core::above;
using core::at_least;
using core::below;

void bind_labels(core::Settings& settings, data::LabelledShare& labels, double& held_out) {
  settings.add("labels.share", labels.share, above(0, 1), "fraction",
               "Share of the labelled training samples of each class to learn from.");
  settings.add(
      "labels.per_class", labels.per_class, at_least(0, 1e12), "samples",
      "Training samples of each class to learn from, which each has to have; 0: by share.");
  settings.add("labels.held_out", held_out, above(0, 0.5), "fraction",
               "With validation.every_epochs: share of these samples of each class that are not "
               "learned from but judge the network.");
}

void bind_label_learning(core::Settings& settings, LabelLearning& learning) {
  bind_labels(settings, learning.labels, learning.held_out);
  settings.add("labels.smoothing", learning.smoothing, below(0, 1), "fraction",
               "Share of each target that is spread over all classes.");
  auto& mixing = learning.mixing;
  settings.add(
      "mixing.mixup", mixing.mixup, at_least(0, 1000), "",
      "Mixup: a batch is blended with its reverse; the parameter of λ's beta distribution, 0: "
      "none.");
  settings.add("mixing.cutmix", mixing.cutmix, at_least(0, 1000), "",
               "CutMix: a box of each image comes from its partner; the parameter of λ's beta "
               "distribution, 0: none.");
  settings.add("mixing.probability", mixing.probability, at_least(0, 1), "fraction",
               "That a batch is mixed at all.");
  settings.add("mixing.cutmix_share", mixing.cutmix_share, at_least(0, 1), "fraction",
               "Of mixed batches, where both are on.");
  settings.place_behind("optimizer.weight_decay");
  settings.add("optimizer.layer_decay", learning.layer_decay, above(0, 1), "",
               "The learning rate shrinks by this factor from block to block towards the input.");
  settings.place_behind("train.accumulate");
  settings.add("train.drop_path", learning.drop_path, below(0, 1), "fraction",
               "Stochastic depth of the last block, rising linearly from 0.");
}

void check_label_learning(const LabelLearning& learning) {
  if (learning.labels.per_class == 0 || learning.labels.share == 1) return;
  refuse_recipe(
      fmt::format("labels.share is {} and labels.per_class is {}, expected one of them; set the "
                  "share to 1 or the number to 0",
                  learning.labels.share, learning.labels.per_class));
}

}  // namespace dbot::methods
