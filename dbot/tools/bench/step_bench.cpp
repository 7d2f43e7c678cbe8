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
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/clock.h"
#include "dbot/data/text/tables/row_parts.h"
#include "dbot/data/text/text_names.h"
#include "dbot/methods/capabilities/repeats_steps.h"
#include "dbot/optim/optimizer.h"
#include "dbot/optim/schedule.h"
#include "dbot/optim/shards.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/train/capture/gradient_step.h"
#include "dbot/train/late/late_step.h"
#include "dbot/train/late/repeated_step.h"
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
    const runtime::Device& device = method->parameters().device();
    if (device.is_cpu()) return;
    gate.emplace(method->parameters().flat_values());
    const bool can_repeat = dynamic_cast<const methods::RepeatsSteps*>(method.get()) != nullptr &&
                            runtime::has_step_graphs(device);
    if (can_repeat && recipe.train.graph != train::GraphUse::off) {
      repeated.emplace(device, recipe.train.graph, core::silent_log());
    }
  }

  std::vector<train::MicroBatch> next_micro_batches();
  double learning_rate() const {
    return optim::scaled_rate(recipe.optimizer.base_lr, recipe.train.images_per_step());
  }
  methods::StepContext context() const { return {0, steps, run::precision_of(recipe)}; }
  void step_on_host();
  void step_on_device();
  train::StepFigures tell(const std::vector<train::MicroBatch>& micro_batches);

  run::Recipe recipe;
  train::StepShare share;
  std::unique_ptr<methods::Method> method;
  data::Batch batch;
  std::unique_ptr<optim::Optimizer> optimizer;
  optim::LaneSum lanes;
  std::optional<train::StepGate> gate;  // on a device
  std::optional<train::RepeatedStep> repeated;
  std::int64_t steps = 0, trained = 0, updated = 0;
};

std::vector<train::MicroBatch> StepBench::State::next_micro_batches() {
  batch.epoch = steps;  // other masks each step
  std::vector<train::MicroBatch> all;
  all.reserve(static_cast<std::size_t>(share.count));
  for (std::int64_t micro = 0; micro < share.count; ++micro) {
    all.push_back(
        {batch, method->draw(batch, {static_cast<std::uint64_t>(recipe.train.seed),
                                     /*stage=*/0, batch.epoch, steps * share.of + micro})});
  }
  return all;
}

void StepBench::State::step_on_host() {
  train::GradientStep gradients(*method, context(), share, lanes);
  for (train::MicroBatch& micro : next_micro_batches()) gradients.add(std::move(micro));
  const double norm = optimizer->gradient_norm();
  optimizer->step(learning_rate(), optim::Optimizer::clip_scale(norm, recipe.optimizer.clip_norm));
  if (updated < trained) method->zero_gradients();  // the other shards keep theirs
}

/// As Trainer::finish_on_device has it.
train::StepFigures StepBench::State::tell(const std::vector<train::MicroBatch>& micro_batches) {
  train::GradientStep gradients(*method, context(), share, lanes);
  gradients.stay_on_device();
  for (const train::MicroBatch& micro : micro_batches) gradients.add(micro);
  const at::Tensor norm = optimizer->gradient_norm_on_device();
  const at::Tensor skipped = gate->skipped(gradients.losses_on_device(), norm);
  optimizer->step_on_device(recipe.optimizer.clip_norm, norm, skipped);
  gradients.count_unless(skipped);
  if (updated < trained) method->zero_gradients();
  return figures_of(gradients, norm, skipped);
}

void StepBench::State::step_on_device() {
  const std::vector<train::MicroBatch> micro_batches = next_micro_batches();
  optimizer->set_rate(learning_rate());
  const auto told = [this](const auto& here) { return tell(here); };
  if (repeated && repeated->is_due()) {
    train::LateFigures(repeated->make(micro_batches, told)).read();
    return;
  }
  if (repeated) repeated->saw_plain_step();
  train::LateFigures(tell(micro_batches)).read();
}

StepBench::StepBench(const run::Recipe& recipe, int processes)
    : state_(std::make_unique<State>(recipe, processes)) {}

StepBench::~StepBench() = default;

double StepBench::step() {
  const core::Stopwatch clock;
  if (state_->gate) {
    state_->step_on_device();
  } else {
    state_->step_on_host();
  }
  ++state_->steps;
  return clock.seconds();
}

int StepBench::warm_up_steps() const {
  return state_->repeated ? train::RepeatedStep::kPlainSteps + 2 : 1;
}

bool StepBench::repeats() const {
  return state_->repeated && state_->repeated->is_due();
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
