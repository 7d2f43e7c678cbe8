#pragma once

#include <string>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/data/augment/mixing.h"
#include "dbot/data/sources/labelled_share.h"

namespace dbot::methods {

/// What all systems have that learn the labels of samples.
struct LabelLearning {
  double layer_decay = 1;  // of the learning rate, from block to block towards the input
  double drop_path = 0;    // of the last block
  double smoothing = 0;    // of labels
  data::MixingConfig mixing;
  data::LabelledShare labels;
  double held_out = 0.1;  // share of these that judges stages instead, in runs that validate

  std::vector<std::string> classes;  // told by the data
};

/// labels.share, labels.per_class and labels.held_out.
void bind_labels(core::Settings& settings, data::LabelledShare& labels, double& held_out);

/// The keys from labels.share to train.drop_path.
void bind_label_learning(core::Settings& settings, LabelLearning& learning);

/// Throws UsageError unless the values fit each other.
void check_label_learning(const LabelLearning& learning);

}  // namespace dbot::methods
