#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/methods/capabilities/task_capability.h"
#include "dbot/methods/method.h"
#include "dbot/methods/supermask_tasks/consolidation.h"
#include "dbot/methods/supermask_tasks/frozen_features.h"
#include "dbot/methods/supermask_tasks/supermask_config.h"
#include "dbot/methods/supermask_tasks/task_backbone.h"
#include "dbot/methods/supermask_tasks/task_networks.h"

namespace dbot::methods {

/// Tasks one after another in one network: each learns a mask, then the weights of it that no
/// earlier task uses (ExSSNeT), all of them (SSNeT) or none (SupSup); and as baselines fine-tuning
/// and EWC. docs/methods/exssnet.md.
///
/// A task is one stage or two, in this order: its mask, its weights. Stages have data of their own.
/// Draws: none. Scalars: "accuracy" of the batch in percent; "free_share", how many of the mask's
/// weights no earlier task uses, while weights are learned.
/// Batch: tensor "images", uint8 (normalised here) or float32; labels within the task.
class SupermaskTasks : public Method, public TaskCapability {
 public:
  explicit SupermaskTasks(SupermaskConfig config);
  /// One that goes on from `load_state`: no file is read unless it begins a stage without.
  static std::unique_ptr<SupermaskTasks> to_be_loaded(SupermaskConfig config);

  /// Throws UsageError where the classes do not divide into the tasks.
  void see_data(const DataFacts& facts) override;
  nn::ParameterStore& parameters() override { return networks_->trained(); }
  /// One group. Throws UsageError for a decay: it would move weights of earlier tasks.
  std::vector<optim::ParameterGroup> parameter_groups(double weight_decay) override;
  StepDraws draw(const data::Batch& batch, const DrawContext& context) const override;
  StepResult training_step(const data::Batch& batch, const StepDraws& draws,
                           const StepContext& context) override;
  void after_step(const StepContext& context) override;
  bool waits_for_steps() const override { return true; }
  void begin_stage(std::int64_t stage) override;
  void end_stage(std::int64_t stage) override;
  std::int64_t batches_to_look_at(std::int64_t stage, StageMoment moment,
                                  std::int64_t an_epoch) const override;
  void look_at(std::int64_t stage, StageMoment moment,
               const std::vector<data::Batch>& batches) override;
  bool starts_trained() const override { return features_ != nullptr; }
  /// The network of the task under way.
  const nn::Backbone& backbone() const override;
  BackboneFile backbone_file() const override;
  std::string describe_backbone() const override;
  runtime::NamedTensors state() const override;
  void load_state(std::int64_t stage, const runtime::NamedTensors& state) override;
  Cost cost() const override;
  ModelFacts facts() const override;
  std::unique_ptr<HeldOutMeasure> measure_held_out() const override;
  /// "mask_overlap", "free_share".
  Gallery gallery(const data::Batch& batch, const GalleryContext& context) const override;
  const TaskCapability* tasks() const override { return this; }

  const data::TaskSplit& task_split() const override { return config_.split; }
  std::uint64_t task_seed() const override { return config_.seed; }
  std::int64_t current_task() const override { return stage_ / config_.stages_of_task(); }
  bool is_untrained() const override { return untrained_; }
  bool stage_ends_task() const override { return ends_task(stage_); }
  std::unique_ptr<ClassifyingCapability> task_classifier(std::int64_t task) const override;
  TaskShare task_share(std::int64_t task) const override { return networks_->share(task); }

  TaskNetworks& networks() const { return *networks_; }
  /// What the network of a task sees of a batch: normalised, in the task's order of pixels, or
  /// features of these.
  at::Tensor seen(const data::Batch& batch, std::int64_t task, runtime::Precision precision) const;
  /// Names of the classes of a task.
  const std::vector<std::string>& task_classes(std::int64_t task) const;

 private:
  SupermaskTasks() = default;
  void read_features();
  void divide_classes();
  void make_networks();
  bool learns_mask(std::int64_t stage) const;
  bool begins_task(std::int64_t stage) const;
  bool ends_task(std::int64_t stage) const;
  /// What the current task begins with, by the features that earlier ones make of its samples.
  void transfer_from(const std::vector<data::Batch>& batches);
  /// What mattered to the task that ends.
  void consolidate(const std::vector<data::Batch>& batches);
  /// Of the current task's mask: how much of it no earlier task uses.
  double share_of_free() const;
  at::Tensor loss_of(const nn::MaskedPass& pass, const at::Tensor& labels) const;

  SupermaskConfig config_;
  std::vector<std::vector<std::string>> classes_;  // of each task
  std::unique_ptr<FrozenFeatures> features_;       // null: the network sees pixels
  std::unique_ptr<TaskNetworks> networks_;
  std::unique_ptr<TaskBackbone> backbone_;
  Consolidation consolidation_;
  std::int64_t stage_ = 0;
  bool untrained_ = true;
  double free_share_ = 0;  // of the task whose weights are learned
};

}  // namespace dbot::methods
