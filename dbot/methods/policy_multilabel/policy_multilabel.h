#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/methods/capabilities/labelling_capability.h"
#include "dbot/methods/method.h"
#include "dbot/methods/policy_multilabel/episode.h"
#include "dbot/methods/policy_multilabel/label_backbone.h"
#include "dbot/methods/policy_multilabel/label_network.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_config.h"
#include "dbot/methods/policy_multilabel/policy_network.h"

namespace dbot::methods {

/// A step of the trainer is an episode of `steps` steps of the classifier: the batch is cut into as
/// many pieces, and beside each sample comes one that is held out, of which rewards are taken.
/// Behind the first stage the meta-learner is frozen, and a step is `steps` steps of the classifier
/// under it, without a gradient for the trainer. docs/methods/meta_multilabel.md §3.
///
/// Batch: "row.places", "row.values", "label_set", and the same behind "held_out."
/// (data/text/tables). Draws: "noise_weights", "noise_thresholds", float32 [steps, labels].
/// Scalars: "classifier_loss", "reward", "exact_f1" of held-out samples,
/// "mean_threshold".
class PolicyMultilabel final : public Method, public LabellingCapability {
 public:
  explicit PolicyMultilabel(PolicyMultilabelConfig config) : config_(std::move(config)) {}

  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return *store_; }
  /// Without decay: the meta-learner has none, and a frozen one must not shrink.
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  /// Throws DataError where the data have no rows or fewer than two labels.
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t /*stage*/) override {}
  const nn::Backbone& backbone() const override { return *backbone_; }
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  Gallery gallery(const data::Batch& batch, const GalleryContext& context) const override;

  const LabellingCapability* labeller() const override { return this; }
  const std::vector<std::string>& labels() const override { return config_.labels; }
  at::Tensor label_scores(const data::Batch& batch) const override;
  std::vector<double> label_thresholds() const override;

 private:
  PolicyShape shape() const {
    return {.labels = std::ssize(config_.labels), .hidden = config_.hidden};
  }
  LabelNetworkShape network_shape() const {
    return {.inputs = config_.width,
            .labels = std::ssize(config_.labels),
            .hidden = config_.classifier_hidden};
  }
  LabelNetwork network() const;

  /// What is said to a user, [1, labels]: without exploration, and the usual where it is fixed.
  at::Tensor said_thresholds(const PolicyStep& said) const;
  at::Tensor said_weights(const PolicyStep& said) const;
  void make_store();
  void start_classifier();
  void update_classifier(const std::vector<at::Tensor>& gradients);
  /// The pieces of a batch that the steps of an episode read.
  EpisodeBatch piece(const data::Batch& batch, std::int64_t step) const;
  void count_labels(const data::Batch& batch);
  StepResult learn(const data::Batch& batch, const StepDraws& draws);
  StepResult train_under_policy(const data::Batch& batch);
  /// The policies of the frozen meta-learner, where it is its turn to speak.
  void speak_if_due();
  std::vector<std::pair<std::string, at::Tensor>> scalars(const at::Tensor& losses,
                                                          const at::Tensor& reward,
                                                          const EpisodeBatch& last) const;

  PolicyMultilabelConfig config_;
  std::shared_ptr<nn::ParameterStore> store_;
  std::unique_ptr<LabelBackbone> backbone_;
  std::int64_t second_training_ = 0;  // steps of the classifier in it
};

}  // namespace dbot::methods
