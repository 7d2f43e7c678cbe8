#include "dbot/methods/supermask_tasks/supermask_tasks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/classification/batch_labels.h"
#include "dbot/methods/supermask_tasks/task_classifier.h"
#include "dbot/objectives/classification_loss.h"

namespace dbot::methods {

SupermaskTasks::SupermaskTasks(SupermaskConfig config) : config_(std::move(config)) {
  // Whether it fits shows only when it is there.
  read_features();
}

std::unique_ptr<SupermaskTasks> SupermaskTasks::to_be_loaded(SupermaskConfig config) {
  std::unique_ptr<SupermaskTasks> method(new SupermaskTasks);
  method->config_ = std::move(config);
  return method;
}

void SupermaskTasks::read_features() {
  if (config_.network.kind != TaskNetworkKind::features || features_) return;
  const ConvolutionChoice& images = config_.network.convolution;
  features_ = FrozenFeatures::read(config_.network.backbone, images.image_size, images.channels,
                                   config_.device);
}

void SupermaskTasks::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
  config_.classes = facts.classes;
  if (!config_.classes.empty()) divide_classes();
}

void SupermaskTasks::divide_classes() {
  classes_ = data::class_names_of_tasks(config_.split, config_.classes);
}

bool SupermaskTasks::learns_mask(std::int64_t stage) const {
  return config_.learns_masks() && begins_task(stage);
}

bool SupermaskTasks::begins_task(std::int64_t stage) const {
  return stage % config_.stages_of_task() == 0;
}

bool SupermaskTasks::ends_task(std::int64_t stage) const {
  return begins_task(stage + 1);
}

void SupermaskTasks::make_networks() {
  const auto most = std::ranges::max_element(classes_, {}, [](const auto& c) { return c.size(); });
  TaskNetworksConfig config{
      .network = masked_network(config_.network,
                                config_.is_joint() ? class_begins().back() : std::ssize(*most),
                                features_ ? features_->width() : std::int64_t{1}),
      .density = config_.density,
      .editable = config_.learning == TaskLearning::exclusive ? EditableWeights::exclusive
                                                              : EditableWeights::used,
      .keep_scores = config_.keep_scores && config_.learns_masks(),
      .shared_norm = config_.shared_norm,
      .seed = config_.seed,
      .device = config_.device};
  if (!config_.learns_masks()) config.density = {.density = 1};
  networks_ = std::make_unique<TaskNetworks>(config);
  if (features_) return;
  const ConvolutionChoice& images = config_.network.convolution;
  backbone_ = std::make_unique<TaskBackbone>(
      config.network, nn::ImageInput{images.image_size, images.channels}, config_.device);
}

void SupermaskTasks::begin_stage(std::int64_t stage) {
  if (!networks_) {
    if (classes_.empty()) {
      throw DataError({.operation = "tasks",
                       .subject = "the data",
                       .fault = Fault::unlabelled,
                       .reason = "name no classes",
                       .way_out = "put them into class folders, or name a list with labels"});
    }
    // A run that was stopped before its first checkpoint goes on from here.
    read_features();
    make_networks();
    networks_->initialise();
  }
  stage_ = stage;
  if (!begins_task(stage)) {
    free_share_ = share_of_free();
    return;
  }
  networks_->begin_task(network_of(current_task()));
  if (!config_.learns_masks()) networks_->fix_mask();
}

double SupermaskTasks::share_of_free() const {
  const TaskShare share = networks_->share(current_task());
  return static_cast<double>(share.free) /
         static_cast<double>(std::max<std::int64_t>(1, share.used));
}

void SupermaskTasks::end_stage(std::int64_t stage) {
  if (learns_mask(stage)) networks_->fix_mask();
  if (ends_task(stage)) networks_->finish_task();
}

std::vector<optim::ParameterGroup> SupermaskTasks::parameter_groups(double weight_decay) {
  if (weight_decay != 0) {
    throw UsageError(
        {.operation = "recipe",
         .subject = "optimizer.weight_decay",
         .fault = Fault::mismatch,
         .reason = "is not 0, but decay would move weights that belong to earlier tasks",
         .way_out = "set it to 0"});
  }
  auto groups = optim::pretraining_groups(networks_->trained(), weight_decay);
  std::erase_if(groups, [](const auto& group) { return group.values.numel() == 0; });
  return groups;
}

StepDraws SupermaskTasks::draw(const data::Batch& /*batch*/, const DrawContext& /*context*/) const {
  return {};
}

at::Tensor SupermaskTasks::loss_of(const nn::MaskedPass& pass, const at::Tensor& labels) const {
  return objectives::label_smoothing_cross_entropy(pass.logits, labels, /*smoothing=*/0);
}

StepResult SupermaskTasks::training_step(const data::Batch& batch, const StepDraws& /*draws*/,
                                         const StepContext& context) {
  const at::Tensor labels = labels_of(batch);
  nn::MaskedPass pass =
      networks_->pass(seen(batch, learned_task(), context.precision),
                      runtime::compute_type(context.precision), nn::NormMode::training);
  if (config_.is_joint()) pass.logits = logits_of_task(pass.logits, kAllTasks, batch.labels);
  StepResult result{.loss = loss_of(pass, labels.to(pass.logits.device())), .scalars = {}};
  if (config_.learning == TaskLearning::ewc) {
    const at::Tensor penalty =
        consolidation_.penalty(networks_->flat_weights(), config_.ewc_strength);
    if (penalty.defined()) result.loss = result.loss + penalty;
  }
  const at::Tensor right = pass.logits.detach().argmax(1).cpu().eq(labels);
  result.scalars.emplace_back("accuracy", right.to(at::kFloat).mean() * 100);
  if (config_.learns_masks() && networks_->mask_is_fixed()) {
    result.scalars.emplace_back("free_share", at::full({}, free_share_, at::kFloat));
  }
  return result;
}

void SupermaskTasks::after_step(const StepContext& /*context*/) {
  untrained_ = false;
}

std::unique_ptr<ClassifyingCapability> SupermaskTasks::task_classifier(std::int64_t task) const {
  return std::make_unique<TaskClassifier>(*this, task);
}

std::unique_ptr<HeldOutMeasure> SupermaskTasks::measure_held_out() const {
  return measure_task(*this);
}

}  // namespace dbot::methods
