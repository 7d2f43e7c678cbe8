#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/text/tables/tf_idf.h"
#include "dbot/methods/policy_multilabel/episode_config.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

enum class ClassifierOptimizer { adam, sgd };

/// A meta-learner learns, by training a classifier again and again, which weight each label has in
/// the loss and from which score on it is said (Wu, Xiong & Wang, EMNLP 2019, arXiv 1909.04176);
/// then the classifier is trained afresh under it. docs/methods/meta_multilabel.md.
struct PolicyMultilabelConfig {
  static constexpr const char* kKind = "policy_multilabel";

  EpisodeConfig episode;
  std::int64_t steps = 20;   // of the classifier in an episode: a batch is cut into so many
  std::int64_t hidden = 64;  // of the meta-learner's GRU

  std::int64_t classifier_hidden = 0;  // width of its hidden layer; 0: linear
  ClassifierOptimizer optimizer = ClassifierOptimizer::adam;
  double learning_rate = 1e-2;  // of the classifier, as it is: of no number of samples
  double held_out = 0.1;        // share of the training samples that rewards are taken on
  data::TfIdfConfig words;

  std::int64_t width = 0;           // of a row; told by the data
  std::vector<std::string> labels;  // told by the data
  std::vector<std::string> terms;   // what the places of a row stand for; told by the data
  std::vector<float> term_weights;  // ln(n/df) of each, where they are words; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;
};

}  // namespace dbot::methods
