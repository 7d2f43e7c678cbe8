// The recipe keys of supermask tasks: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/classification/label_learning.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/supermask_tasks/supermask_entry.h"

namespace dbot::methods {
namespace {

using core::above;
using core::at_least;

constexpr double kMostTaskEpochs = 1e6;
// Of less a large layer's mask could keep no weight.
constexpr double kLeastDensity = 1e-6;
constexpr std::int64_t kMostWordsOfText = 1 << 16;  // of a text

void bind_task_network(core::Settings& settings, TaskNetworkChoice& model) {
  settings.add_choice("model.network", model.kind,
                      {"lenet", "resnet18", "resnet50", "chain", "features", "text"},
                      "The network that the tasks share: dense layers on pixels, a ResNet, a chain "
                      "of 3×3 convolutions, dense layers on the features of a frozen encoder, or "
                      "convolutions along the words of a text.");
  bind_convolution_sizes(settings, model.convolution);
  settings.add("model.hidden", model.hidden, at_least(1, kMostWidth), "",
               "Widths of the dense layers of lenet and features, in front of the head.");
  settings.add("model.backbone", model.backbone,
               "Of features: a run, checkpoint or weights file of a vision transformer.");
  settings.add("model.filters", model.text.filters, at_least(1, kMostWidth), "",
               "Of text: filters over 3, 4 and 5 words each.");
  settings.add("text.length", model.text.length, at_least(1, kMostWordsOfText), "words",
               "Of text: the first words of a text, which are read.");
  settings.add("text.width", model.text.width, at_least(1, kMostWidth), "numbers",
               "Of text: of a word's frozen vector, which is drawn by its letters.");
}

void bind_split(core::Settings& settings, data::TaskSplit& split) {
  settings.add_choice("tasks.kind", split.kind, {"classes", "pieces", "permutations"},
                      "A task has classes of its own, a piece of the samples with all classes, or "
                      "all samples with their pixels in another order.");
  settings.add("tasks.count", split.count, at_least(1, 500), "tasks",
               "They come one after another.");
  settings.add(
      "tasks.groups", split.groups,
      "Names of each task's classes, \"cat, dog; ship, truck\"; empty: in the order of the "
      "data, as evenly as they divide.");
}

void bind_learning(core::Settings& settings, SupermaskConfig& config) {
  settings.add_choice(
      "tasks.learning", config.learning,
      {"exclusive", "overlapping", "masks", "finetune", "ewc", "joint"},
      "A mask, then those of its weights that no earlier task uses (ExSSNeT), all "
      "of them (SSNeT) or none (SupSup); or all weights without a mask, held to what "
      "mattered before (ewc) or not; or the same of all tasks at once (joint), for "
      "tasks.weight_epochs of all their samples.");
  settings.add("tasks.mask_epochs", config.mask_epochs, at_least(0, kMostTaskEpochs), "epochs",
               "A task learns its mask.");
  settings.add("tasks.weight_epochs", config.weight_epochs, at_least(0, kMostTaskEpochs), "epochs",
               "A task learns its weights.");
  settings.add("tasks.mask_lr", config.mask_lr, at_least(0, 1e3), "",
               "Learning rate of masks, whatever the batch.");
  settings.add("tasks.weight_lr", config.weight_lr, at_least(0, 1e3), "",
               "Learning rate of weights, whatever the batch.");
  settings.add("tasks.density", config.density.density, at_least(kLeastDensity, 1), "fraction",
               "Share of each layer's weights that a task uses.");
  settings.add_choice("tasks.density_rule", config.density.rule, {"normal", "er"},
                      "The same density in all layers, or Erdős–Rényi's: denser in small ones.");
  settings.add("tasks.density_scale", config.density.scale, at_least(kLeastDensity, 1e6), "",
               "Of the rule er: times (inputs + outputs) / weights of a layer, at most one half.");
  settings.add("tasks.ewc_strength", config.ewc_strength, at_least(0, 1e12), "",
               "Of ewc: how hard weights are held.");
  settings.add("tasks.shared_norm", config.shared_norm,
               "All tasks use one set of BatchNorms' running values: a control that forgets.");
}

void bind_transfer(core::Settings& settings, SupermaskConfig& config) {
  auto& transfer = config.transfer;
  settings.add_choice("tasks.transfer", transfer.kind,
                      {"none", "knn_best", "knn_always", "knn_all"},
                      "A new task begins with drawn scores, with those of the earlier task whose "
                      "features sort its samples best, if above chance or always, or with the mean "
                      "of all that are above chance.");
  settings.add("tasks.transfer_neighbours", transfer.neighbours, at_least(1, 1e6), "",
               "Nearest samples that vote on each.");
  settings.add("tasks.transfer_batches", transfer.batches, above(0, 1), "fraction",
               "Share of an epoch's batches that is looked at.");
  settings.add("tasks.keep_scores", config.keep_scores,
               "Finished tasks keep their scores in half precision, for others to begin with.");
}

}  // namespace

void bind(core::Settings& settings, SupermaskConfig& config) {
  settings.place_behind("");
  bind_task_network(settings, config.network);
  bind_split(settings, config.split);
  bind_learning(settings, config);
  bind_transfer(settings, config);
  bind_labels(settings, config.labels, config.held_out);
}

}  // namespace dbot::methods
