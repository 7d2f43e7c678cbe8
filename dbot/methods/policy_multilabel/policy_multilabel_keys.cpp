// The recipe keys of policies for several labels: their bounds, units and meanings.
#include "dbot/core/settings/ranges.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_entry.h"

namespace dbot::methods {

void bind(core::Settings& settings, PolicyMultilabelConfig& config) {
  using core::above;
  using core::at_least;
  using core::below;
  settings.place_behind("");
  settings.add("text.words", config.words.words, at_least(1, 1 << 20), "words",
               "The most frequent words of the training texts, which a row counts.");
  settings.add("text.least_documents", config.words.least_documents, at_least(1, 1e9), "texts",
               "That a word has to stand in to be one of them.");
  settings.add("labels.held_out", config.held_out, above(0, 0.5), "fraction",
               "Share of the training samples that is not learned from: rewards are taken and "
               "thresholds tuned on it.");
  settings.add("classifier.hidden", config.classifier_hidden, at_least(0, 1 << 16), "numbers",
               "Width of the classifier's hidden layer; 0: it is linear.");
  settings.add_choice("classifier.optimizer", config.optimizer, {"adam", "sgd"},
                      "What trains the classifier inside a step.");
  settings.add("classifier.lr", config.learning_rate, above(0, 100), "",
               "Its rate, as it is: not scaled by the number of samples.");
  settings.add("episode.steps", config.steps, at_least(1, 10000), "steps",
               "Of the classifier in an episode: train.batch_size samples are cut into so many "
               "batches, and the meta-learner speaks as often in the last training.");
  settings.add("episode.gamma", config.episode.gamma, at_least(0, 1), "",
               "How much of a reward counts for the step before.");
  settings.add_choice("policy.weights", config.episode.weights,
                      {"fixed", "policy_gradient", "look_ahead"},
                      "Weights of labels in the loss: all 1, or said by the meta-learner, which "
                      "learns from rewards or from the held-out loss behind a step.");
  settings.add_choice("policy.thresholds", config.episode.thresholds,
                      {"fixed", "policy_gradient", "direct"},
                      "From which score on a label holds: 0.5, or said by the meta-learner, which "
                      "learns from rewards or from their gradient.");
  settings.add_choice("policy.reward", config.episode.reward,
                      {"soft_f1", "ratio", "balanced", "exact_f1"},
                      "What thresholds are rewarded by. The ratio's best ones are always the ends "
                      "of their range.");
  settings.add("policy.sigma", config.episode.sigma, above(0, 10), "",
               "Deviation of the noise by which policies are explored.");
  settings.add("policy.hidden", config.hidden, at_least(1, 1 << 14), "numbers",
               "Width of the meta-learner's state.");
  settings.add("policy.look_ahead_lr", config.episode.look_ahead_rate, above(0, 1000), "",
               "With weights = \"look_ahead\": the rate of the plain step that is looked over.");
}

}  // namespace dbot::methods
