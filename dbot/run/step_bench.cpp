#include "dbot/run/step_bench.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/core/Scalar.h>

#include <numeric>

#include "dbot/core/random.h"
#include "dbot/optim/adamw.h"
#include "dbot/optim/schedule.h"
#include "dbot/run/resolve.h"
#include "dbot/train/stopwatch.h"

namespace dbot::run {
namespace {

/// Images of noise: the arithmetic does not depend on what is seen.
data::Batch noise_batch(const Recipe& recipe) {
  const std::int64_t count = recipe.train.batch_size;
  at::Tensor images = at::empty(
      {count, recipe.model.channels, recipe.model.image_size.height, recipe.model.image_size.width},
      at::kByte);
  std::uint32_t word = 2463534242U;  // xorshift32
  auto* bytes = images.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < images.numel(); ++i) {
    word ^= word << 13;
    word ^= word >> 17;
    word ^= word << 5;
    bytes[i] = static_cast<std::uint8_t>(word);
  }
  data::Batch batch;
  batch.tensors["images"] = images;
  batch.sample_ids.resize(static_cast<std::size_t>(count));
  std::iota(batch.sample_ids.begin(), batch.sample_ids.end(), 0);
  return batch;
}

Recipe with_statistics(Recipe recipe) {
  const auto channels = static_cast<std::size_t>(recipe.model.channels);
  if (recipe.data.mean.empty()) {
    recipe.data.mean.assign(channels, 0.5);
    recipe.data.std.assign(channels, 0.25);
  }
  return recipe;
}

}  // namespace

struct StepBench::State {
  explicit State(const Recipe& given)
      : recipe(with_statistics(given)),
        method(masked_modeling_config(recipe)),
        batch(noise_batch(recipe)) {
    method.begin_stage(0);
    optimizer = std::make_unique<optim::AdamW>(
        method.parameter_groups(recipe.optimizer.weight_decay), recipe.optimizer);
  }

  Recipe recipe;
  methods::MaskedModeling method;
  data::Batch batch;
  std::unique_ptr<optim::AdamW> optimizer;
  std::int64_t steps = 0;
  double loss = 0;
};

StepBench::StepBench(const Recipe& recipe) : state_(std::make_unique<State>(recipe)) {}

StepBench::~StepBench() = default;

double StepBench::step() {
  State& s = *state_;
  const train::Stopwatch clock;
  s.method.zero_gradients();
  for (std::int64_t micro = 0; micro < s.recipe.train.accumulate; ++micro) {
    s.batch.epoch = s.steps;  // other masks each step
    const auto draws = s.method.draw(
        s.batch, {static_cast<std::uint64_t>(s.recipe.train.seed), /*stage=*/0, s.batch.epoch});
    const auto result =
        s.method.training_step(s.batch, draws, {0, s.steps, precision_of(s.recipe)});
    s.loss = result.loss.item().toDouble();
    result.loss.div(static_cast<double>(s.recipe.train.accumulate)).backward();
  }
  const double norm = s.optimizer->gradient_norm();
  s.optimizer->step(optim::scaled_rate(s.recipe.optimizer.base_lr, images_per_step()),
                    optim::AdamW::clip_scale(norm, s.recipe.optimizer.clip_norm));
  ++s.steps;
  return clock.seconds();
}

std::int64_t StepBench::images_per_step() const {
  return run::images_per_step(state_->recipe);
}

double StepBench::flops_per_image() const {
  return state_->method.flops_per_image();
}

double StepBench::last_loss() const {
  return state_->loss;
}

}  // namespace dbot::run
