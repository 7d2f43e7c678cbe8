#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/sources/labelled_share.h"
#include "dbot/data/tasks/task_split.h"
#include "dbot/methods/siamese/convolution_keys.h"
#include "dbot/methods/supermask_tasks/transfer.h"
#include "dbot/nn/masked/masked_network.h"
#include "dbot/nn/masked/text_network.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

enum class TaskNetworkKind { lenet, resnet18, resnet50, chain, features, text };

/// What a recipe says of the network that tasks share.
struct TaskNetworkChoice {
  TaskNetworkKind kind = TaskNetworkKind::resnet18;
  /// Sizes; its own kind follows from `kind`: see `convolution_of`.
  ConvolutionChoice convolution = {
      .image_size = {32, 32}, .stem = nn::Stem::cifar, .base_width = 20};
  std::vector<std::int64_t> hidden{300, 100};  // of lenet and features
  std::string backbone = {};  // of features: a run, checkpoint or weights file, which stays frozen
  nn::TextNetworkConfig text = {};  // of text

  bool is_dense() const {
    return kind == TaskNetworkKind::lenet || kind == TaskNetworkKind::features;
  }
  bool is_text() const { return kind == TaskNetworkKind::text; }
  /// A ResNet or a chain of convolutions, with BatchNorms.
  bool has_planes() const { return !is_dense() && !is_text(); }
};

/// How a task is learned.
enum class TaskLearning {
  exclusive,    // a mask, then those of its weights that no earlier task uses: ExSSNeT
  overlapping,  // a mask, then all of its weights: SSNeT
  masks,        // a mask of weights that stay as they were drawn: SupSup
  finetune,     // all weights, from where the last task left them
  ewc,          // the same, held to what mattered to earlier tasks
  joint,        // all weights, of all tasks at once: what is there to be had without a sequence
};

/// Tasks one after another in one network, a mask for each. docs/methods/exssnet.md.
struct SupermaskConfig {
  static constexpr const char* kKind = "supermask_tasks";

  TaskNetworkChoice network;
  data::TaskSplit split;
  TaskLearning learning = TaskLearning::exclusive;
  nn::MaskDensity density;
  double mask_epochs = 50, weight_epochs = 50;
  double mask_lr = 0.01, weight_lr = 0.001;  // absolute, whatever the batch
  TransferConfig transfer;
  bool keep_scores = true;
  bool shared_norm = false;
  double ewc_strength = 5000;
  data::LabelledShare labels;
  double held_out = 0.1;

  std::vector<double> mean, std;     // pixel normalisation of the input; told by the data
  std::vector<double> value_range;   // what is black and white in files; told by the data
  std::vector<std::string> classes;  // of all tasks; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;

  bool learns_masks() const {
    return learning == TaskLearning::exclusive || learning == TaskLearning::overlapping ||
           learning == TaskLearning::masks;
  }
  bool is_joint() const { return learning == TaskLearning::joint; }
  bool learns_weights() const { return learning != TaskLearning::masks; }
  std::int64_t stages_of_task() const { return learns_masks() && learns_weights() ? 2 : 1; }
};

/// The convolutional network of a choice that is not dense.
ConvolutionChoice convolution_of(const TaskNetworkChoice& model);

/// The network for tasks of at most so many classes; `features`: width of the frozen ones.
nn::MaskedNetworkConfig masked_network(const TaskNetworkChoice& model, std::int64_t outputs,
                                       std::int64_t features = 1);

}  // namespace dbot::methods
