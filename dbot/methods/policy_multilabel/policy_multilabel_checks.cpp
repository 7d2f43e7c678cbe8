// What one key alone cannot show: whether the values of a policy learner fit each other.
#include <fmt/format.h>

#include "dbot/methods/check_values.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_entry.h"

namespace dbot::methods {
namespace {

void check_stages(const Surroundings& surroundings) {
  if (surroundings.stages != 2) {
    refuse_recipe(
        fmt::format("stages.count is {}, but policies are learned in the first of two "
                    "stages and the classifier is trained under them in the second; set "
                    "stages.count = 2",
                    surroundings.stages));
  }
  if (surroundings.keep_optimizer) {
    refuse_recipe(
        "stages.keep_optimizer is true, which would go on changing the meta-learner in the second "
        "stage; set it to false");
  }
}

void check_policies(const EpisodeConfig& episode) {
  if (episode.weights == WeightPolicy::fixed &&
      episode.thresholds == ThresholdPolicyLearning::fixed) {
    refuse_recipe(
        "policy.weights and policy.thresholds are \"fixed\", so that nothing is learned; give one "
        "of them to the meta-learner. The figures of a run with fixed weights have a row for "
        "thresholds of 0.5");
  }
  if (episode.thresholds == ThresholdPolicyLearning::direct &&
      episode.reward == objectives::LabelReward::exact_f1) {
    refuse_recipe(
        "policy.thresholds is \"direct\", but policy.reward \"exact_f1\" has no gradient; choose "
        "\"soft_f1\", or \"policy_gradient\"");
  }
}

}  // namespace

void check(const PolicyMultilabelConfig& config, const Surroundings& surroundings) {
  check_stages(surroundings);
  check_policies(config.episode);
  if (surroundings.batch_size % config.steps != 0) {
    refuse_recipe(fmt::format(
        "train.batch_size is {}, which episode.steps {} does not divide; choose {} or {}",
        surroundings.batch_size, config.steps,
        std::max<std::int64_t>(1, surroundings.batch_size / config.steps) * config.steps,
        (surroundings.batch_size / config.steps + 1) * config.steps));
  }
  check_float32("classifier.lr", config.learning_rate);
  check_float32("policy.sigma", config.episode.sigma);
}

Outline outline(const PolicyMultilabelConfig& config) {
  Outline outline;
  outline.width = config.hidden;
  outline.size = fmt::format("text.words {}, classifier.hidden {}", config.words.words,
                             config.classifier_hidden);
  outline.rows =
      RowInput{.words = config.words, .held_out = config.held_out, .steps = config.steps};
  outline.needs_one_process = "the classifier's steps follow one another inside a step";
  return outline;
}

}  // namespace dbot::methods
