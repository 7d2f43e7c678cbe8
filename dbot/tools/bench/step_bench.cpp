#include "dbot/tools/bench/step_bench.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "dbot/core/clock.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/text_names.h"
#include "dbot/optim/optimizer.h"
#include "dbot/optim/schedule.h"
#include "dbot/optim/shards.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/step_share.h"

namespace dbot::tools {
namespace {

constexpr std::int64_t kClasses = 1000;  // of images
constexpr std::int64_t kRowLabels = 90;  // of rows: as many as R90's

/// Texts of noise behind `prefix`: a quarter of the places has words, as captions have.
void add_noise_texts(data::Batch& batch, const std::string& prefix, std::int64_t length,
                     std::int64_t vocabulary, at::Generator& random) {
  if (length == 0) return;
  const std::int64_t count = batch.size();
  const at::Tensor padding = at::zeros({count, length});
  padding.slice(1, std::max<std::int64_t>(1, length / 4)).fill_(1);
  const at::Tensor ids = at::randint(1, vocabulary, {count, length}, random, at::kLong);
  batch.tensors[prefix + data::kTextIds] = ids.masked_fill(padding.gt(0.5), 0);
  batch.tensors[prefix + data::kTextPadding] = padding;
}

/// Rows of texts behind `prefix`: places of a text's known words and a label of each, as Reuters'
/// texts have them (64 words and 1.2 labels on average).
void add_noise_rows(data::Batch& batch, const std::string& prefix, std::int64_t width,
                    at::Generator& random) {
  constexpr std::int64_t kWordsOfText = 64;
  const std::int64_t count = batch.size(), words = std::min(width, kWordsOfText);
  // The same distance from one to the next, so that they rise.
  const at::Tensor first =
      at::randint(0, std::max<std::int64_t>(1, width / words), {count, 1}, random, at::kLong);
  const at::Tensor places = first + at::arange(words, at::kLong) * (width / words);
  batch.tensors[prefix + data::kRowPlaces] = places.view(-1);
  batch.tensors[prefix + data::kRowValues] =
      at::rand({count * words}, random, at::TensorOptions(at::kFloat));
  const at::Tensor begins = at::arange(count + 1, at::kLong) * words;
  batch.offsets[prefix + data::kRowPlaces] = begins;
  batch.offsets[prefix + data::kRowValues] = begins;
  const at::Tensor holds = at::rand({count, kRowLabels}, random, at::TensorOptions(at::kFloat));
  batch.tensors[prefix + data::kLabelSet] = holds.lt(1.2 / kRowLabels).to(at::kFloat);
}

/// What a system reads in place of images: numbers of words, or rows.
void add_noise_numbers(data::Batch& batch, const methods::Outline& outline, at::Generator& random) {
  if (outline.words) {
    constexpr std::int64_t kWordNumbers = 1 << 24;
    batch.tensors[nn::kRows] = at::randint(1, kWordNumbers, {batch.size(), outline.words->length},
                                           random, at::TensorOptions(at::kFloat));
  }
  if (!outline.rows) return;
  for (const std::string prefix : {"", data::kHeldOutPrefix}) {
    add_noise_rows(batch, prefix, outline.rows->words.words, random);
  }
}

void add_noise_images(data::Batch& batch, const run::Recipe& recipe, at::Generator& random) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  const std::int64_t count = batch.size();
  const auto [size, channels] = run::image_input(recipe, "bench step");
  if (const auto& clips = outline.clips) {
    batch.tensors[nn::kClips] = at::randint(
        0, 256, {count * clips->repeats, channels, clips->frames, size.height, size.width}, random,
        at::kByte);
  } else {
    batch.tensors["images"] =
        at::randint(0, 256, {count, channels, size.height, size.width}, random, at::kByte);
  }
  if (const auto views = outline.further_views; views > 0) {
    batch.tensors[methods::kFurtherViews] =
        at::randint(0, 256, {count, views, channels, size.height, size.width}, random, at::kByte);
  }
}

bool reads_images(const run::Recipe& recipe) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  return !outline.words && !outline.rows;
}

/// Samples of noise: the arithmetic does not depend on what is seen.
data::Batch noise_batch(const run::Recipe& recipe) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  const std::int64_t count = recipe.train.batch_size;
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/0);
  data::Batch batch;
  batch.sample_ids.resize(static_cast<std::size_t>(count));
  std::iota(batch.sample_ids.begin(), batch.sample_ids.end(), 0);
  for (const std::int64_t id : batch.sample_ids) batch.labels.push_back(id % kClasses);
  if (reads_images(recipe)) {
    add_noise_images(batch, recipe, random);
  } else {
    add_noise_numbers(batch, outline, random);
  }
  if (const auto texts = outline.texts) {
    add_noise_texts(batch, "", texts->captions, texts->vocabulary, random);
    add_noise_texts(batch, data::kUnpaired, texts->unpaired, texts->vocabulary, random);
  }
  return batch;
}

run::Recipe with_statistics(run::Recipe recipe) {
  if (!reads_images(recipe)) return recipe;
  const auto channels = static_cast<std::size_t>(run::image_input(recipe, "bench step").channels);
  if (recipe.data.mean.empty()) {
    recipe.data.mean.assign(channels, 0.5);
    recipe.data.std.assign(channels, 0.25);
  }
  return recipe;
}

/// The groups that the first of so many processes updates (train/ranks/weight_update.h).
std::vector<optim::ParameterGroup> groups_of_first(std::vector<optim::ParameterGroup> all,
                                                   const optim::OptimizerConfig& config,
                                                   int processes) {
  if (!optim::wants_division(config, processes) || !optim::can_be_divided(all)) return all;
  return optim::groups_of_shard(all, optim::shard_cuts(all, processes), /*rank=*/0);
}

std::int64_t parameters_of(const std::vector<optim::ParameterGroup>& groups) {
  std::int64_t count = 0;
  for (const optim::ParameterGroup& group : groups) count += group.values.numel();
  return count;
}

}  // namespace

struct StepBench::State {
  State(const run::Recipe& given, int processes)
      : recipe(with_statistics(given)),
        share(train::share_of_step(recipe.train.accumulate, recipe.train.lanes_or_one(),
                                   /*rank=*/0, processes)),
        method(methods::catalogue::make(recipe.method, run::make_context(recipe))),
        batch(noise_batch(recipe)),
        lanes(share.lanes) {
    methods::DataFacts facts = run::data_facts(recipe);
    const auto rows = methods::catalogue::outline(recipe.method).rows;
    for (std::int64_t i = 0; i < (rows ? kRowLabels : kClasses); ++i) {
      facts.classes.push_back(std::to_string(i));
    }
    if (rows) facts.row_width = rows->words.words;
    method->see_data(facts);
    method->begin_stage(0);
    const auto all = method->parameter_groups(recipe.optimizer.weight_decay);
    const auto own = groups_of_first(all, recipe.optimizer, processes);
    trained = parameters_of(all);
    updated = parameters_of(own);
    optimizer = optim::make_optimizer(own, recipe.optimizer);
  }

  run::Recipe recipe;
  train::StepShare share;
  std::unique_ptr<methods::Method> method;
  data::Batch batch;
  std::unique_ptr<optim::Optimizer> optimizer;
  optim::LaneSum lanes;
  std::int64_t steps = 0, trained = 0, updated = 0;
};

StepBench::StepBench(const run::Recipe& recipe, int processes)
    : state_(std::make_unique<State>(recipe, processes)) {}

StepBench::~StepBench() = default;

double StepBench::step() {
  State& s = *state_;
  const core::Stopwatch clock;
  train::GradientStep gradients(*s.method, {0, s.steps, run::precision_of(s.recipe)}, s.share,
                                s.lanes);
  for (std::int64_t micro = 0; micro < s.share.count; ++micro) {
    s.batch.epoch = s.steps;  // other masks each step
    gradients.add(
        {s.batch,
         s.method->draw(s.batch, {static_cast<std::uint64_t>(s.recipe.train.seed),
                                  /*stage=*/0, s.batch.epoch, s.steps * s.share.of + micro})});
  }
  const double norm = s.optimizer->gradient_norm();
  const std::int64_t images = s.recipe.train.images_per_step();
  s.optimizer->step(optim::scaled_rate(s.recipe.optimizer.base_lr, images),
                    optim::Optimizer::clip_scale(norm, s.recipe.optimizer.clip_norm));
  if (s.updated < s.trained) s.method->zero_gradients();  // the other shards keep theirs
  ++s.steps;
  return clock.seconds();
}

std::int64_t StepBench::images_per_step() const {
  return state_->recipe.train.batch_size * state_->share.count;
}

std::int64_t StepBench::updated_parameters() const {
  return state_->updated;
}

std::int64_t StepBench::trained_parameters() const {
  return state_->trained;
}

double StepBench::flops_per_image() const {
  return state_->method->cost().operations;
}

}  // namespace dbot::tools
