#include "dbot/tools/bench/step_bench.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "dbot/core/clock.h"
#include "dbot/optim/optimizer.h"
#include "dbot/optim/schedule.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/train/capture/gradient_step.h"

namespace dbot::tools {
namespace {

constexpr std::int64_t kClasses = 1000;

/// Texts of noise behind `prefix`: a quarter of the places has words, as captions have.
void add_noise_texts(data::Batch& batch, const std::string& prefix, std::int64_t length,
                     std::int64_t vocabulary, at::Generator& random) {
  if (length == 0) return;
  const std::int64_t count = batch.size();
  const at::Tensor padding = at::zeros({count, length});
  padding.slice(1, std::max<std::int64_t>(1, length / 4)).fill_(1);
  const at::Tensor ids = at::randint(1, vocabulary, {count, length}, random, at::kLong);
  batch.tensors[prefix + methods::kTextIds] = ids.masked_fill(padding.gt(0.5), 0);
  batch.tensors[prefix + methods::kTextPadding] = padding;
}

/// Images of noise: the arithmetic does not depend on what is seen.
data::Batch noise_batch(const run::Recipe& recipe) {
  const std::int64_t count = recipe.train.batch_size;
  const auto [size, channels] = run::image_input(recipe, "bench step");
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/0);
  data::Batch batch;
  batch.tensors["images"] =
      at::randint(0, 256, {count, channels, size.height, size.width}, random, at::kByte);
  if (const auto views = methods::catalogue::outline(recipe.method).further_views; views > 0) {
    batch.tensors[methods::kFurtherViews] =
        at::randint(0, 256, {count, views, channels, size.height, size.width}, random, at::kByte);
  }
  batch.sample_ids.resize(static_cast<std::size_t>(count));
  std::iota(batch.sample_ids.begin(), batch.sample_ids.end(), 0);
  for (const std::int64_t id : batch.sample_ids) batch.labels.push_back(id % kClasses);
  if (const auto texts = methods::catalogue::outline(recipe.method).texts) {
    add_noise_texts(batch, "", texts->captions, texts->vocabulary, random);
    add_noise_texts(batch, methods::kUnpaired, texts->unpaired, texts->vocabulary, random);
  }
  return batch;
}

run::Recipe with_statistics(run::Recipe recipe) {
  const auto channels = static_cast<std::size_t>(run::image_input(recipe, "bench step").channels);
  if (recipe.data.mean.empty()) {
    recipe.data.mean.assign(channels, 0.5);
    recipe.data.std.assign(channels, 0.25);
  }
  return recipe;
}

}  // namespace

struct StepBench::State {
  explicit State(const run::Recipe& given)
      : recipe(with_statistics(given)),
        method(methods::catalogue::make(recipe.method, run::make_context(recipe))),
        batch(noise_batch(recipe)),
        lanes(recipe.train.lanes_or_one()) {
    methods::DataFacts facts = run::data_facts(recipe);
    for (std::int64_t i = 0; i < kClasses; ++i) facts.classes.push_back(std::to_string(i));
    method->see_data(facts);
    method->begin_stage(0);
    optimizer = optim::make_optimizer(method->parameter_groups(recipe.optimizer.weight_decay),
                                      recipe.optimizer);
  }

  run::Recipe recipe;
  std::unique_ptr<methods::Method> method;
  data::Batch batch;
  std::unique_ptr<optim::Optimizer> optimizer;
  optim::LaneSum lanes;
  std::int64_t steps = 0;
};

StepBench::StepBench(const run::Recipe& recipe) : state_(std::make_unique<State>(recipe)) {}

StepBench::~StepBench() = default;

double StepBench::step() {
  State& s = *state_;
  const core::Stopwatch clock;
  const std::int64_t accumulate = s.recipe.train.accumulate;
  const std::int64_t lanes = s.recipe.train.lanes_or_one();
  train::GradientStep gradients(*s.method, {0, s.steps, run::precision_of(s.recipe)},
                                train::whole_step(accumulate, lanes), s.lanes);
  for (std::int64_t micro = 0; micro < accumulate; ++micro) {
    s.batch.epoch = s.steps;  // other masks each step
    gradients.add(
        {s.batch,
         s.method->draw(s.batch, {static_cast<std::uint64_t>(s.recipe.train.seed),
                                  /*stage=*/0, s.batch.epoch, s.steps * accumulate + micro})});
  }
  const double norm = s.optimizer->gradient_norm();
  s.optimizer->step(optim::scaled_rate(s.recipe.optimizer.base_lr, images_per_step()),
                    optim::Optimizer::clip_scale(norm, s.recipe.optimizer.clip_norm));
  ++s.steps;
  return clock.seconds();
}

std::int64_t StepBench::images_per_step() const {
  return state_->recipe.train.images_per_step();
}

double StepBench::flops_per_image() const {
  return state_->method->cost().operations;
}

}  // namespace dbot::tools
