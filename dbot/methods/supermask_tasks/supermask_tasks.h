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
#include "dbot/methods/surroundings.h"

namespace dbot::methods {

/// Tasks one after another in one network: each learns a mask, then the weights of it that no
/// earlier task uses (ExSSNeT), all of them (SSNeT) or none (SupSup); and as baselines fine-tuning,
/// EWC, and all tasks at once. docs/methods/exssnet.md.
///
/// A task is one stage or two, in this order: its mask, its weights. Stages have data of their own.
/// All tasks at once are one stage, whose head has outputs of its own for each task's classes; a
/// sample is learned and judged among those of its task.
/// Draws: none. Scalars: "accuracy" of the batch in percent; "free_share", how many of the mask's
/// weights no earlier task uses, while weights are learned.
/// Batch: tensor "images", uint8 (normalised here) or float32, or `nn::kRows`, numbers of words;
/// labels within the task, or within all classes of all tasks, one behind the other.
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
  std::string look_at(std::int64_t stage, StageMoment moment,
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
  bool learns_masks() const override { return config_.learns_masks(); }
  std::int64_t current_task() const override {
    return config_.is_joint() ? config_.split.count - 1 : stage_ / config_.stages_of_task();
  }
  bool is_untrained() const override { return untrained_; }
  bool stage_ends_task() const override { return ends_task(stage_); }
  std::unique_ptr<ClassifyingCapability> task_classifier(std::int64_t task) const override;
  TaskShare task_share(std::int64_t task) const override {
    return networks_->share(network_of(task));
  }
  TaskStart task_start(std::int64_t task) const override;

  TaskNetworks& networks() const { return *networks_; }
  /// What the network of a task sees of a batch: normalised, in the task's order of pixels, or
  /// features of these; of texts the vectors of their words. kAllTasks: each sample as its own task
  /// sees it, which its label says.
  at::Tensor seen(const data::Batch& batch, std::int64_t task, runtime::Precision precision) const;
  /// Names of the classes of a task; of kAllTasks of all, one behind the other.
  std::vector<std::string> task_classes(std::int64_t task) const;
  /// A task's network as it is now.
  FrozenTask frozen(std::int64_t task) const { return networks_->frozen(network_of(task)); }
  /// The logits of a task's classes, of all that its network has; of kAllTasks all, those of other
  /// tasks than the sample's so low that they count for nothing.
  at::Tensor logits_of_task(const at::Tensor& logits, std::int64_t task,
                            const std::vector<std::int64_t>& labels) const;
  /// Whose samples the stage under way learns from: a task or kAllTasks.
  std::int64_t learned_task() const { return config_.is_joint() ? kAllTasks : current_task(); }

 private:
  SupermaskTasks() = default;
  void read_features();
  void divide_classes();
  void make_networks();
  bool learns_mask(std::int64_t stage) const;
  bool begins_task(std::int64_t stage) const;
  bool ends_task(std::int64_t stage) const;
  /// What the current task begins with, by the features that earlier ones make of its samples; in
  /// words.
  std::string transfer_from(const std::vector<data::Batch>& batches);
  /// The first network is everybody's where all tasks are learned at once.
  std::int64_t network_of(std::int64_t task) const { return config_.is_joint() ? 0 : task; }
  /// Where the classes of each task begin in the head of all, and where the last ones end.
  std::vector<std::int64_t> class_begins() const;
  /// Images in the order of the task's pixels; of kAllTasks each in that of its label's task.
  at::Tensor permuted(const at::Tensor& images, std::int64_t task,
                      const std::vector<std::int64_t>& labels) const;
  /// The task that each label of a batch of all tasks belongs to.
  std::vector<std::int64_t> tasks_of(const std::vector<std::int64_t>& labels) const;
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
  std::vector<TaskStart> starts_;  // of tasks that earlier ones were looked at for
  std::int64_t stage_ = 0;
  bool untrained_ = true;
  double free_share_ = 0;  // of the task whose weights are learned
};

}  // namespace dbot::methods
