// What one key alone cannot show: whether the values of supermask tasks fit each other.
#include <fmt/format.h>

#include <algorithm>

#include "dbot/methods/check_values.h"
#include "dbot/methods/supermask_tasks/supermask_entry.h"

namespace dbot::methods {
namespace {

void check_lengths(const SupermaskConfig& config) {
  if (config.learns_masks() && config.mask_epochs <= 0) {
    refuse_recipe("tasks.mask_epochs is 0, but each task learns a mask; set a number of epochs");
  }
  if (config.learns_weights() && config.weight_epochs <= 0) {
    refuse_recipe(
        "tasks.weight_epochs is 0, but tasks.learning has each task learn weights; set a number of "
        "epochs, or tasks.learning = \"masks\" for masks alone (SupSup)");
  }
}

void check_transfer(const SupermaskConfig& config) {
  if (config.transfer.kind == Transfer::none || config.keep_scores) return;
  refuse_recipe(
      "tasks.keep_scores is false, but tasks.transfer begins with the scores of earlier tasks; set "
      "tasks.transfer = \"none\" or keep them");
}

void check_task_network(const SupermaskConfig& config) {
  const TaskNetworkChoice& model = config.network;
  if (model.is_dense() && model.hidden.empty()) {
    refuse_recipe("model.hidden is empty, expected the widths of at least one layer");
  }
  if (model.has_planes()) check_convolution(convolution_of(model));
  if (model.is_text() && model.text.length < std::ranges::max(model.text.kernels)) {
    refuse_recipe(
        fmt::format("text.length is {}, expected at least the {} words of the widest filters",
                    model.text.length, std::ranges::max(model.text.kernels)));
  }
  const bool of_features = model.kind == TaskNetworkKind::features;
  if (of_features == model.backbone.empty()) {
    refuse_recipe(of_features
                      ? "model.backbone is empty, but model.network is \"features\"; name the "
                        "weights of the encoder"
                      : fmt::format("model.backbone is \"{}\", but model.network is not "
                                    "\"features\"; remove the path",
                                    model.backbone));
  }
}

}  // namespace

void check(const SupermaskConfig& config, const Surroundings& surroundings) {
  check_task_network(config);
  check_lengths(config);
  check_transfer(config);
  if (config.network.is_text() && config.split.kind == data::TaskKind::permutations) {
    refuse_recipe(
        "tasks.kind is \"permutations\", which is of pixels, but model.network is \"text\"; set "
        "\"classes\" or \"pieces\"");
  }
  if (surroundings.batch_size < 2 && config.network.has_planes()) {
    refuse_recipe(
        "train.batch_size is 1, but BatchNorm needs others beside a sample; set 2 or more");
  }
  if (surroundings.keep_optimizer) {
    refuse_recipe(
        "stages.keep_optimizer is true, but moments of one phase would move weights of another; "
        "set it to false");
  }
  if (surroundings.weight_decay != 0) {
    refuse_recipe(
        fmt::format("optimizer.weight_decay is {}, but decay moves weights that belong to earlier "
                    "tasks; set it "
                    "to 0",
                    surroundings.weight_decay));
  }
  if (config.labels.per_class > 0 && config.labels.share != 1) {
    refuse_recipe("labels.share and labels.per_class are both given, expected one of them");
  }
}

ConvolutionChoice convolution_of(const TaskNetworkChoice& model) {
  ConvolutionChoice choice = model.convolution;
  choice.kind = model.kind == TaskNetworkKind::resnet18   ? ConvolutionKind::resnet18
                : model.kind == TaskNetworkKind::resnet50 ? ConvolutionKind::resnet50
                                                          : ConvolutionKind::chain;
  return choice;
}

namespace {

/// What the network reads, and how wide it is.
Outline network_outline(const TaskNetworkChoice& model) {
  Outline outline;
  if (model.is_text()) {
    outline.words = WordInput{.length = model.text.length};
    outline.width = model.text.features();
    outline.size = fmt::format("text.length {}, text.width {}, model.filters {}", model.text.length,
                               model.text.width, model.text.filters);
    return outline;
  }
  outline.images = nn::ImageInput{model.convolution.image_size, model.convolution.channels};
  if (model.is_dense()) {
    outline.width = model.hidden.empty() ? 1 : model.hidden.back();
    outline.size = "model.hidden";
    return outline;
  }
  outline.width = convolution_config(convolution_of(model)).width();
  outline.size = convolution_size_keys(convolution_of(model));
  return outline;
}

}  // namespace

Outline outline(const SupermaskConfig& config) {
  Outline outline = network_outline(config.network);
  outline.labels = config.labels;
  outline.held_out_labels = config.held_out;
  outline.tasks = config.split;
  if (config.transfer.kind != Transfer::none || config.network.has_planes()) {
    outline.needs_one_process =
        "the running values of its batch normalisation follow the batches one after another, and "
        "what a task begins with is found on all of them";
  }
  if (config.is_joint()) {
    outline.own_stages.push_back(
        {.task = kAllTasks, .epochs = config.weight_epochs, .learning_rate = config.weight_lr});
    return outline;
  }
  for (std::int64_t task = 0; task < config.split.count; ++task) {
    if (config.learns_masks()) {
      outline.own_stages.push_back(
          {.task = task, .epochs = config.mask_epochs, .learning_rate = config.mask_lr});
    }
    if (config.learns_weights()) {
      outline.own_stages.push_back(
          {.task = task, .epochs = config.weight_epochs, .learning_rate = config.weight_lr});
    }
  }
  return outline;
}

}  // namespace dbot::methods
