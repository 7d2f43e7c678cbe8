#include "dbot/methods/image_text/image_text.h"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/text/text_names.h"
#include "dbot/exchange/import/weights_origin.h"
#include "dbot/methods/check_values.h"
#include "dbot/methods/drop_path_draws.h"
#include "dbot/methods/image_text/joint_draws.h"
#include "dbot/methods/image_text/start_joint.h"
#include "dbot/methods/state_names.h"

namespace dbot::methods {
namespace {

/// The texts of a batch behind `prefix`; empty where it has none.
std::optional<nn::TextTokens> texts_of(const data::Batch& batch, const std::string& prefix = "") {
  const auto ids = batch.tensors.find(prefix + data::kTextIds);
  const auto padding = batch.tensors.find(prefix + data::kTextPadding);
  if (ids == batch.tensors.end() || padding == batch.tensors.end()) return std::nullopt;
  return nn::TextTokens{ids->second, padding->second};
}

[[noreturn]] void refuse_batch(const std::string& part, const char* key) {
  throw UsageError({.operation = "image_text",
                    .subject = part,
                    .fault = Fault::missing,
                    .reason = "is missing in the batch",
                    .way_out = std::string("give data that have it, or set ") + key + " = 0"});
}

void add_weighted(at::Tensor& total, double weight, const at::Tensor& loss) {
  if (!loss.defined() || weight == 0) return;
  total = total.defined() ? total + weight * loss : weight * loss;
}

}  // namespace

ImageText::ImageText(ImageTextConfig config) : config_(std::move(config)) {
  // Whether it fits shows only when it is there.
  read_start();
}

std::unique_ptr<ImageText> ImageText::to_be_loaded(ImageTextConfig config) {
  std::unique_ptr<ImageText> method(new ImageText);
  method->config_ = std::move(config);
  return method;
}

void ImageText::read_start() {
  if (config_.start != StartKind::file || start_) return;
  StartJoint start = load_start_joint(config_.start_path, joint_network(config_));
  start_ = std::move(start.tensors);
  exchange::add_origins(origins_, start.origins);
}

void ImageText::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
  config_.words = facts.words;
  const auto words = static_cast<std::int64_t>(facts.words.size());
  if (words > config_.vocabulary) {
    refuse_recipe(fmt::format(
        "text.vocabulary_size is {}, but the vocabulary has {} tokens; set it to {} or more",
        config_.vocabulary, words, words));
  }
}

void ImageText::make_network() {
  const nn::JointConfig shape = joint_network(config_);
  network_ = std::make_unique<nn::JointAutoencoder>(
      shape, std::make_shared<nn::ParameterStore>(nn::joint_parameters(shape), config_.device));
}

void ImageText::begin_stage(std::int64_t /*stage*/) {
  if (network_) return;
  // A run that was stopped before its first checkpoint goes on from here.
  read_start();
  make_network();
  network_->parameters()->initialise(config_.seed, /*stage=*/0);
  if (start_) network_->parameters()->copy_from(*start_, /*partial=*/true);
  start_.reset();
}

std::vector<optim::ParameterGroup> ImageText::parameter_groups(double weight_decay) {
  return optim::pretraining_groups(*network_->parameters(), weight_decay);
}

std::int64_t ImageText::patches_kept() const {
  return masking::kept_patches(config_.encoder.patches(), config_.mask_ratio);
}

std::int64_t ImageText::words_kept(std::int64_t length) const {
  return masking::kept_patches(length, config_.text_ratio);
}

StepDraws ImageText::draw(const data::Batch& batch, const DrawContext& context) const {
  const JointNoise noise = joint_noise(config_, context, batch.sample_ids);
  StepDraws draws;
  if (config_.reads_images()) draws["image_noise"] = noise.image;
  if (config_.reads_captions()) draws["text_noise"] = noise.text;
  if (config_.reads_unpaired()) draws["unpaired_noise"] = noise.unpaired;
  if (config_.drop_path > 0) {
    draws["drop_path"] = drop_path_draws(context.seed, static_cast<std::uint32_t>(context.stage),
                                         static_cast<std::uint32_t>(context.epoch),
                                         batch.sample_ids, 2 * config_.encoder.depth);
  }
  return draws;
}

ops::Images ImageText::seen_images(const data::Batch& batch) const {
  const at::Tensor& pixels = batch.tensors.at("images");
  if (pixels.scalar_type() != at::kByte) return pixels;
  return scales_.images(pixels, config_.mean, config_.std);
}

JointSamples ImageText::paired_samples(const data::Batch& batch, const StepDraws& draws) const {
  JointSamples samples;
  if (config_.reads_images() && batch.tensors.contains("images")) {
    samples.images = seen_images(batch);
    samples.image_noise = draws.at("image_noise");
  }
  if (config_.reads_captions()) {
    samples.text = texts_of(batch);
    if (samples.text) samples.text_noise = draws.at("text_noise");
  }
  return samples;
}

std::optional<JointPass> ImageText::pass_of(const JointSamples& samples,
                                            const nn::DropPath& drop_path,
                                            runtime::Precision precision,
                                            JointExtent extent) const {
  if (!samples.images && !samples.text) return std::nullopt;
  JointPassSettings settings{.patches_kept = patches_kept(),
                             .compute = runtime::compute_type(precision),
                             .drop_path = drop_path,
                             .extent = extent};
  if (samples.text) settings.words_kept = words_kept(samples.text->ids.size(1));
  return joint_pass(*network_, samples, settings);
}

ImageText::Forward ImageText::forward(const data::Batch& batch, const StepDraws& draws,
                                      runtime::Precision precision, JointExtent extent) const {
  nn::DropPath drop_path = drop_path_of(draws, config_.drop_path);
  drop_path.constant = true;
  Forward step;
  step.paired = pass_of(paired_samples(batch, draws), drop_path, precision, extent);
  if (config_.reads_unpaired()) {
    JointSamples samples{.text = texts_of(batch, data::kUnpaired)};
    if (samples.text) samples.text_noise = draws.at("unpaired_noise");
    step.unpaired = pass_of(samples, drop_path, precision, extent);
  }
  if (step.paired) {
    add_weighted(step.loss, config_.image_weight, step.paired->hidden.image);
    add_weighted(step.loss, config_.text_weight, step.paired->hidden.text);
  }
  if (step.unpaired) {
    add_weighted(step.loss, config_.unpaired_weight, step.unpaired->hidden.text);
  }
  if (!step.loss.defined()) {
    throw Error(
        "[image_text] the batch has none of the parts that the weights of the loss ask "
        "for, expected images or texts");
  }
  return step;
}

void ImageText::require_parts(const data::Batch& batch) const {
  if (config_.reads_images() && !batch.tensors.contains("images")) {
    refuse_batch("the part \"images\"", "objective.image_weight");
  }
  if (config_.reads_captions() && !texts_of(batch)) {
    refuse_batch("the caption", "objective.text_weight");
  }
  if (config_.reads_unpaired() && !texts_of(batch, data::kUnpaired)) {
    refuse_batch("the text without an image", "objective.unpaired_weight");
  }
}

StepResult ImageText::training_step(const data::Batch& batch, const StepDraws& draws,
                                    const StepContext& context) {
  require_parts(batch);
  const Forward step = forward(batch, draws, context.precision, JointExtent::masked_tokens);
  StepResult result{.loss = step.loss, .scalars = {}};
  const auto add = [&](const char* name, const at::Tensor& value) {
    if (value.defined()) result.scalars.emplace_back(name, value.detach());
  };
  if (step.paired) {
    add("image_loss", step.paired->hidden.image);
    add("text_loss", step.paired->hidden.text);
    add("text_accuracy", step.paired->hidden.accuracy);
    if (const auto text = texts_of(batch); config_.reads_captions() && text) {
      add("text_pairs", text->padding.lt(0.5).any(1).to(at::kFloat).mean());
    }
  }
  if (step.unpaired) {
    add("unpaired_loss", step.unpaired->hidden.text);
    add("unpaired_accuracy", step.unpaired->hidden.accuracy);
  }
  return result;
}

runtime::NamedTensors ImageText::state() const {
  runtime::NamedTensors state = with_prefix("student.", network_->parameters()->named());
  state["student.description"] = description_tensor(description());
  return state;
}

void ImageText::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  origins_ = stored_description(state, "student.description", "image_text").origins;
  make_network();
  network_->parameters()->copy_from(without_prefix("student.", state));
}

}  // namespace dbot::methods
