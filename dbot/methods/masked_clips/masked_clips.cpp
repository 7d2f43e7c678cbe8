#include "dbot/methods/masked_clips/masked_clips.h"

#include <utility>

#include "dbot/methods/masked_clips/batch_clips.h"
#include "dbot/methods/state_names.h"
#include "dbot/methods/surroundings.h"
#include "dbot/nn/clip/clip_parameters.h"

namespace dbot::methods {
MaskedClips::MaskedClips(MaskedClipsConfig config)
    : config_(std::move(config)), shape_(clip_network(config_)) {
  // Whether it fits shows only when it is there.
  read_start();
}

std::unique_ptr<MaskedClips> MaskedClips::to_be_loaded(MaskedClipsConfig config) {
  std::unique_ptr<MaskedClips> method(new MaskedClips);
  method->config_ = std::move(config);
  method->shape_ = clip_network(method->config_);
  return method;
}

void MaskedClips::read_start() {
  first_.read(config_.start, config_.start_path, shape_, nn::clip_parameters(shape_), origins_);
}

void MaskedClips::see_data(const DataFacts& facts) {
  config_.mean = facts.mean;
  config_.std = facts.std;
  config_.value_range = facts.value_range;
}

void MaskedClips::make_network() {
  network_ = std::make_unique<nn::ClipAutoencoder>(
      shape_, std::make_shared<nn::ParameterStore>(nn::clip_parameters(shape_), config_.device));
}

void MaskedClips::begin_stage(std::int64_t /*stage*/) {
  if (network_) return;
  // A run that was stopped before its first checkpoint goes on from here.
  read_start();
  make_network();
  network_->parameters()->initialise(config_.seed, /*stage=*/0);
  first_.move_to(*network_->parameters());
}

std::vector<optim::ParameterGroup> MaskedClips::parameter_groups(double weight_decay) {
  return optim::pretraining_groups(*network_->parameters(), weight_decay);
}

std::vector<std::int64_t> MaskedClips::predicted_frames() const {
  return objectives::target_frames(shape_.frames, shape_.predicted_frames, config_.which_frames);
}

std::int64_t MaskedClips::visible() const {
  return masking::visible_tokens(config_.mask, clip_grid(shape_));
}

StepDraws MaskedClips::draw(const data::Batch& batch, const DrawContext& context) const {
  return {{"mask",
           masking::space_time_draws(context.seed, static_cast<std::uint32_t>(context.stage),
                                     static_cast<std::uint32_t>(context.epoch), batch.sample_ids,
                                     clips_of_each(batch), config_.mask, clip_grid(shape_))}};
}

MaskedClips::Forward MaskedClips::forward(const data::Batch& batch, const StepDraws& draws,
                                          runtime::Precision precision, ClipExtent extent) const {
  clips_of_each(batch);
  Forward step;
  step.mask = masking::mask_of_draws(draws.at("mask"), config_.mask, clip_grid(shape_));
  step.pass = clip_pass(*network_, seen_clips(batch, config_.mean, config_.std, scales_), step.mask,
                        {.target_frames = predicted_frames(),
                         .normalised = config_.normalisation == PixelScale::patch,
                         .compute = runtime::compute_type(precision),
                         .extent = extent});
  return step;
}

StepResult MaskedClips::training_step(const data::Batch& batch, const StepDraws& draws,
                                      const StepContext& context) {
  return {.loss = forward(batch, draws, context.precision, ClipExtent::masked_tokens).pass.loss,
          .scalars = {}};
}

runtime::NamedTensors MaskedClips::state() const {
  runtime::NamedTensors state = with_prefix("student.", network_->parameters()->named());
  state["student.description"] = description_tensor(exchange::frame_description(description()));
  return state;
}

void MaskedClips::load_state(std::int64_t /*stage*/, const runtime::NamedTensors& state) {
  origins_ = stored_description(state, "student.description", "masked_clips").origins;
  make_network();
  network_->parameters()->copy_from(without_prefix("student.", state));
}

}  // namespace dbot::methods
