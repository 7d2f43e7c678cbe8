#include "dbot/methods/classification/classification.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "dbot/core/random.h"
#include "dbot/data/move_batch.h"
#include "dbot/methods/classification/batch_labels.h"
#include "dbot/methods/classification/held_out_accuracy.h"
#include "dbot/methods/classification/label_step.h"
#include "dbot/methods/drop_path_draws.h"
#include "dbot/methods/mixing_draws.h"
#include "dbot/methods/state_names.h"
#include "dbot/optim/layer_decay.h"

namespace dbot::methods {

Classification::Classification(ClassificationConfig config) : config_(std::move(config)) {
  // Whether they fit shows only when they are there.
  read_start();
}

void Classification::read_start() {
  if (config_.start != StartKind::file || start_) return;
  start_ = load_start_weights(config_.start_path, config_.encoder);
  origins_ = start_->origins;
  channels_rule_ = start_->channels_rule;
}

std::unique_ptr<Classification> Classification::to_be_loaded(ClassificationConfig config) {
  std::unique_ptr<Classification> method(new Classification);
  method->config_ = std::move(config);
  return method;
}

void Classification::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
  config_.classes = facts.classes;
}

void Classification::make_network() {
  const nn::ClassifierConfig shape{.encoder = config_.encoder,
                                   .classes = std::ssize(config_.classes),
                                   .pooling = config_.pooling,
                                   .head_start = config_.head};
  auto parameters =
      std::make_shared<nn::ParameterStore>(nn::classifier_parameters(shape), config_.device);
  network_ = std::make_unique<nn::Classifier>(shape, std::move(parameters));
}

void Classification::begin_stage(std::int64_t /*stage*/) {
  if (network_) return;
  require_classes(config_);
  // A run that was stopped before its first checkpoint goes on from here.
  read_start();
  make_network();
  network_->parameters()->initialise(config_.seed, /*stage=*/0);
  if (!start_) return;
  network_->parameters()->copy_from(start_->parameters, /*partial=*/true);
  start_.reset();
}

std::vector<optim::ParameterGroup> Classification::parameter_groups(double weight_decay) {
  return optim::layer_decay_groups(*network_->parameters(), config_.encoder.depth,
                                   config_.layer_decay, weight_decay);
}

StepDraws Classification::draw(const data::Batch& batch, const DrawContext& context) const {
  StepDraws draws;
  if (config_.drop_path > 0) {
    draws["drop_path"] = drop_path_draws(context.seed, static_cast<std::uint32_t>(context.stage),
                                         static_cast<std::uint32_t>(context.epoch),
                                         batch.sample_ids, 2 * config_.encoder.depth);
  }
  if (data::mixes(config_.mixing)) {
    core::Random random = batch_draws(context);
    draws["mixing"] = mixing_tensor(draw_mix(config_.mixing, config_.encoder.image_size, random));
  }
  return draws;
}

ops::Images Classification::seen_images(const data::Batch& batch, const data::Mix& mix) const {
  const at::Tensor& pixels = batch.tensors.at("images");
  const bool bytes = pixels.scalar_type() == at::kByte;
  if (mix.kept == 1) {
    if (bytes) return scales_.images(pixels, config_.mean, config_.std);
    return pixels;
  }
  at::Tensor mixed =
      bytes ? scales_.images(pixels, config_.mean, config_.std).seen() : pixels.clone();
  data::mix_images(mixed, mix);
  return mixed;
}

StepResult Classification::training_step(const data::Batch& batch, const StepDraws& draws,
                                         const StepContext& context) {
  const data::Mix mix = drawn_mix(draws);
  const at::Tensor logits = network_->logits(
      network_->features(seen_images(batch, mix), runtime::compute_type(context.precision),
                         drop_path_of(draws, config_.drop_path)));
  return label_step(logits, labels_of(batch), config_, mix);
}

at::Tensor Classification::logits(const data::Batch& batch, runtime::Precision precision) const {
  const at::NoGradGuard no_grad;
  return network_->logits(
      network_->features(seen_images(data::move_to(batch, network_->parameters()->device()), {}),
                         runtime::compute_type(precision)));
}

std::unique_ptr<HeldOutMeasure> Classification::measure_held_out() const {
  return measure_accuracy(*this);
}

runtime::NamedTensors Classification::state() const {
  runtime::NamedTensors state = with_prefix("student.", network_->parameters()->named());
  state["student.description"] = description_tensor(description());
  return state;
}

void Classification::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  const exchange::EncoderDescription described = stored_classifier(state, config_.classes);
  config_.classes = described.head->classes;
  origins_ = described.origins;
  make_network();
  network_->parameters()->copy_from(without_prefix("student.", state));
}

}  // namespace dbot::methods
