#pragma once

#include "dbot/objectives/label_sets.h"

// How policies are learned in an episode. docs/methods/meta_multilabel.md §3.
namespace dbot::methods {

/// Where the weights of labels in the loss come from. policy_gradient: sampled by the meta-learner,
/// which learns by REINFORCE (Williams, Machine Learning 8, 1992), as in the paper. look_ahead:
/// said by it, which learns from the gradient of the loss on meta samples behind a step.
enum class WeightPolicy { fixed, policy_gradient, look_ahead };
/// The same of thresholds. direct: said by the meta-learner, which learns from the gradient of the
/// reward.
enum class ThresholdPolicyLearning { fixed, policy_gradient, direct };

struct EpisodeConfig {
  WeightPolicy weights = WeightPolicy::policy_gradient;
  ThresholdPolicyLearning thresholds = ThresholdPolicyLearning::policy_gradient;
  objectives::LabelReward reward = objectives::LabelReward::soft_f1;
  double sigma = 0.2;            // deviation of exploration
  double gamma = 0.95;           // of a reward, from step to step
  double look_ahead_rate = 0.1;  // of the plain step that is looked ahead over
};

}  // namespace dbot::methods
