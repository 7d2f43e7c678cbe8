#include "dbot/methods/clip_classification/clip_classification.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "dbot/core/random.h"
#include "dbot/data/move_batch.h"
#include "dbot/methods/classification/batch_labels.h"
#include "dbot/methods/classification/held_out_accuracy.h"
#include "dbot/methods/classification/label_step.h"
#include "dbot/methods/clip_classification/join_views.h"
#include "dbot/methods/drop_path_draws.h"
#include "dbot/methods/masked_clips/batch_clips.h"
#include "dbot/methods/mixing_draws.h"
#include "dbot/methods/state_names.h"
#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/optim/layer_decay.h"

namespace dbot::methods {
namespace {

/// What draws of each clip are keyed by.
std::vector<std::int64_t> clip_ids(const data::Batch& batch) {
  const std::int64_t clips = clips_of_each(batch);
  std::vector<std::int64_t> ids;
  for (const std::int64_t sample : batch.sample_ids) {
    for (std::int64_t clip = 0; clip < clips; ++clip) ids.push_back(sample * clips + clip);
  }
  return ids;
}

/// Features that are dropped become 0, the others grow. draws: [width, clips].
at::Tensor without_dropped(const at::Tensor& features, const StepDraws& draws, double rate) {
  const auto found = draws.find("dropout");
  if (found == draws.end()) return features;
  const at::Tensor kept = found->second.ge(rate).t().to(features.options());
  return features * kept / (1 - rate);
}

}  // namespace

ClipClassification::ClipClassification(ClipClassificationConfig config)
    : config_(std::move(config)) {
  // Whether it fits shows only when it is there.
  read_start();
}

std::unique_ptr<ClipClassification> ClipClassification::to_be_loaded(
    ClipClassificationConfig config) {
  std::unique_ptr<ClipClassification> method(new ClipClassification);
  method->config_ = std::move(config);
  return method;
}

void ClipClassification::read_start() {
  const nn::ClipConfig network = clip_network(config_);
  first_.read(config_.start, config_.start_path, network, nn::clip_encoder_parameters(network),
              origins_);
}

void ClipClassification::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
  config_.classes = facts.classes;
}

nn::ClipClassifierConfig ClipClassification::shape() const {
  return {.clip = clip_network(config_),
          .classes = std::ssize(config_.classes),
          .head_start = config_.head};
}

void ClipClassification::make_network() {
  network_ = std::make_unique<nn::ClipClassifier>(
      shape(), std::make_shared<nn::ParameterStore>(nn::clip_classifier_parameters(shape()),
                                                    config_.device));
}

void ClipClassification::begin_stage(std::int64_t /*stage*/) {
  if (network_) return;
  require_classes(config_);
  // A run that was stopped before its first checkpoint goes on from here.
  read_start();
  make_network();
  network_->parameters()->initialise(config_.seed, /*stage=*/0);
  first_.move_to(*network_->parameters());
}

std::vector<optim::ParameterGroup> ClipClassification::parameter_groups(double weight_decay) {
  return optim::layer_decay_groups(*network_->parameters(), config_.network.encoder.depth,
                                   config_.layer_decay, weight_decay);
}

StepDraws ClipClassification::draw(const data::Batch& batch, const DrawContext& context) const {
  StepDraws draws;
  const std::int64_t branches = 2 * config_.network.encoder.depth;
  const std::int64_t width = config_.network.encoder.width;
  if (config_.drop_path > 0 || config_.dropout > 0) {
    const at::Tensor drawn =
        drop_path_draws(context.seed, static_cast<std::uint32_t>(context.stage),
                        static_cast<std::uint32_t>(context.epoch), clip_ids(batch),
                        branches + (config_.dropout > 0 ? width : 0));
    if (config_.drop_path > 0) draws["drop_path"] = drawn.narrow(0, 0, branches);
    if (config_.dropout > 0) draws["dropout"] = drawn.narrow(0, branches, width);
  }
  if (data::mixes(config_.mixing)) {
    core::Random random = batch_draws(context);
    draws["mixing"] =
        mixing_tensor(draw_mix(config_.mixing, config_.network.encoder.image_size, random));
  }
  return draws;
}

ops::Clips ClipClassification::mixed_clips(const data::Batch& batch, const data::Mix& mix) const {
  ops::Clips clips = seen_clips(batch, config_.mean, config_.std, scales_);
  if (mix.kept == 1) return clips;
  const bool bytes = clips.pixels.scalar_type() == at::kByte;
  at::Tensor mixed = bytes ? clips.seen() : clips.pixels.clone();
  data::mix_images(mixed, mix);
  return mixed;
}

StepResult ClipClassification::training_step(const data::Batch& batch, const StepDraws& draws,
                                             const StepContext& context) {
  const at::Tensor labels = clip_labels(batch);
  const data::Mix mix = drawn_mix(draws);
  const at::Tensor features =
      network_->features(mixed_clips(batch, mix), runtime::compute_type(context.precision),
                         drop_path_of(draws, config_.drop_path));
  const at::Tensor logits = network_->logits(without_dropped(features, draws, config_.dropout));
  return label_step(logits, labels, config_, mix);
}

at::Tensor ClipClassification::logits(const data::Batch& batch,
                                      runtime::Precision precision) const {
  const at::NoGradGuard no_grad;
  const data::Batch there = data::move_to(batch, network_->parameters()->device());
  return join_views(network_->logits(network_->features(mixed_clips(there, {}),
                                                        runtime::compute_type(precision))),
                    clips_of_each(batch));
}

at::Tensor ClipClassification::clip_labels(const data::Batch& batch) {
  return labels_of(batch).repeat_interleave(clips_of_each(batch));
}

std::unique_ptr<HeldOutMeasure> ClipClassification::measure_held_out() const {
  return measure_accuracy(*this);
}

runtime::NamedTensors ClipClassification::state() const {
  runtime::NamedTensors state = with_prefix("student.", network_->parameters()->named());
  state["student.description"] = description_tensor(exchange::frame_description(description()));
  return state;
}

void ClipClassification::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  const exchange::EncoderDescription described = stored_classifier(state, config_.classes);
  config_.classes = described.head->classes;
  origins_ = described.origins;
  make_network();
  network_->parameters()->copy_from(without_prefix("student.", state));
}

}  // namespace dbot::methods
