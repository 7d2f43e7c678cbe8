#include "dbot/run/pretrain/pretrain_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/image/sample_image.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/run/facts/memory_plan.h"
#include "dbot/run/pretrain/fixed_choices.h"
#include "dbot/run/pretrain/processes.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/runtime/device_figures.h"
#include "dbot/runtime/machine.h"
#include "dbot/train/run_folder.h"

namespace dbot::run {

namespace fs = std::filesystem;

namespace {

/// Where this process decides: it is alone, or the first.
bool decide(Recipe& recipe, const PretrainOptions& options, const core::Log& log) {
  const bool resuming =
      !options.out.empty() && train::RunFolder::check(options.out, options.resume);
  if (resuming) {
    const fs::path file = options.out / "recipe.toml";
    resolve_like(recipe, read_recipe(core::read_text_file(file), file.string()), log);
    train::RunFolder::check_recipe(options.out, to_toml(recipe), defaults_like(recipe));
  } else {
    resolve_compute(recipe, log, options.launched);
  }
  const int processes = options.launched ? options.launched->ranks : 1;
  const int on_this_machine = options.launched ? options.launched->local_ranks : 1;
  check_memory(recipe, runtime::describe_machine().memory_bytes / on_this_machine, log, processes);
  const auto free_bytes =
      runtime::free_device_bytes(runtime::resolve_device(recipe.compute.device));
  if (free_bytes > 0) check_device_memory(recipe, free_bytes, log);
  runtime::configure_compute(static_cast<int>(recipe.compute.threads));
  if (resuming) {
    use_kernels(recipe, log);
  } else {
    resolve_kernels(recipe, log);
  }
  return resuming;
}

/// What the first has decided, in another process.
void follow(Recipe& recipe, const std::string& decided, const core::Log& log) {
  resolve_like(recipe, read_recipe(decided, "the recipe of rank 0"), log);
  runtime::configure_compute(static_cast<int>(recipe.compute.threads));
  use_kernels(recipe, log);
}

}  // namespace

bool resolve(Recipe& recipe, const PretrainOptions& options, train::Ranks& ranks,
             const core::Log& log) {
  check_weights(recipe, 1 + options.more_data.size());
  bool resuming = false;
  if (ranks.first()) resuming = decide(recipe, options, log);
  share_recipe(recipe, ranks, [&](const std::string& decided) { follow(recipe, decided, log); });
  resuming = ranks.as_first(resuming);
  check_processes(recipe, ranks.count());
  if (!train::same_bits(recipe.train.lanes_or_one(), ranks.count())) {
    log(core::LogLevel::information,
        fmt::format("{} processes do not divide the {} of train.lanes: sums are those of one "
                    "process up to rounding",
                    ranks.count(), recipe.train.lanes_or_one()));
  }
  return resuming;
}

std::string defaults_like(const Recipe& recipe) {
  Recipe defaults;
  defaults.method = methods::catalogue::default_config(recipe.method.index());
  return to_toml(defaults);
}

train::RunFolder claim_folder(const PretrainOptions& options) {
  if (options.out.empty()) return train::RunFolder::claim_new(options.recipe);
  return train::RunFolder::claim(options.out, options.resume);
}

std::optional<train::Checkpoint> find_checkpoint(const train::RunFolder& folder,
                                                 const std::string& choices,
                                                 const data::Dataset& dataset,
                                                 const core::Log& log) {
  auto checkpoint = train::read_newest_checkpoint(folder.checkpoints(), log);
  if (checkpoint) {
    check_fixed_choices(checkpoint->fixed_choices, choices, dataset, log);
    return checkpoint;
  }
  std::int64_t made = 0;
  for (const report::MetricsRecord& record : report::read_metrics(folder.metrics())) {
    made = std::max(made, record.step);
  }
  if (made > 0) {
    log(core::LogLevel::warning,
        fmt::format(
            "[resume] {} holds no checkpoint, though {} steps were made: the run starts from "
            "the beginning. If there were checkpoints, stop it and put them back",
            folder.checkpoints().string(), made));
  }
  return std::nullopt;
}
namespace {

/// Of a handful of files that are no images, that is the trouble, not the batch size.
void require_readable(const Recipe& recipe, const data::Dataset& dataset) {
  constexpr std::int64_t kMostTried = 64;
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  // Whether a video can be read shows when it is decoded; rows are in memory.
  if (outline.clips || outline.rows || outline.words) return;
  const auto& images = outline.images;
  const int channels = images ? static_cast<int>(images->channels) : 3;
  std::string reason;
  for (std::int64_t i = 0; i < std::min(dataset.size(), kMostTried); ++i) {
    try {
      data::load_image(dataset, i, channels);
      return;
    } catch (const Error& error) {
      if (reason.empty()) reason = error.what();
    }
  }
  throw DataError(
      {.operation = "data",
       .fault = Fault::unreadable,
       .reason = fmt::format("none of the {} images can be read: {}", dataset.size(), reason)});
}

/// An epoch of fewer steps has little of an average over the data: the rest of a division, up to a
/// step's images, is left out of each, and warm-up and rate are told in a handful of steps.
constexpr std::int64_t kUsefulSteps = 8;

/// The largest numbers that leave an epoch its steps: "train.batch_size=256 and
/// train.accumulate=2".
std::string numbers_that_fit(const Recipe& recipe, std::int64_t size) {
  if (const auto rows = methods::catalogue::outline(recipe.method).rows) {
    // Cut into steps without a rest.
    return fmt::format("train.batch_size={}",
                       std::max<std::int64_t>(1, size / rows->steps) * rows->steps);
  }
  std::int64_t images = 1;
  while (2 * images * kUsefulSteps <= size) images *= 2;
  const std::int64_t batch = std::min(recipe.train.batch_size, images);
  const std::int64_t accumulate = std::min(recipe.train.accumulate, images / batch);
  std::string text = fmt::format("train.batch_size={}", batch);
  if (recipe.train.accumulate > 1) text += fmt::format(" and train.accumulate={}", accumulate);
  return text;
}

void require_a_step(const Recipe& recipe, const data::Dataset& dataset) {
  const std::int64_t images = recipe.train.images_per_step();
  if (images <= dataset.size()) return;
  require_readable(recipe, dataset);
  throw UsageError(
      {.operation = "recipe",
       .subject = "train.batch_size",
       .fault = Fault::too_large,
       .reason = fmt::format(
           "{} x train.accumulate {} = {} images a step, but {} has {}", recipe.train.batch_size,
           recipe.train.accumulate, images,
           methods::catalogue::outline(recipe.method).tasks ? "the smallest task" : "the data set",
           dataset.size()),
       .way_out = "lower them, for example " + numbers_that_fit(recipe, dataset.size())});
}

void warn_of_few_steps(const Recipe& recipe, std::int64_t size, const core::Log& log) {
  const std::int64_t images = recipe.train.images_per_step(), steps = size / images;
  const auto rows = methods::catalogue::outline(recipe.method).rows;
  // Of a step that is cut into others, these count.
  if (steps * (rows ? rows->steps : 1) >= kUsefulSteps) return;
  const std::int64_t rest = size % images;
  log(core::LogLevel::warning,
      fmt::format("{} x train.accumulate {} = {} images a step are a large share of {}: an epoch "
                  "has {} {}{}. {} fits; more images a step without more memory come by "
                  "train.accumulate once there are more data",
                  recipe.train.batch_size, recipe.train.accumulate, images, size, steps,
                  steps == 1 ? "step" : "steps",
                  rest > 0
                      ? fmt::format(", and {:.0f} % of the images are left out of each",
                                    100.0 * static_cast<double>(rest) / static_cast<double>(size))
                      : "",
                  numbers_that_fit(recipe, size)));
}

}  // namespace

train::Plan plan_for(const Recipe& recipe, const TrainingImages& training, const core::Log& log) {
  const std::int64_t images = recipe.train.images_per_step();
  const data::Dataset* smallest = training.images.get();
  std::vector<std::int64_t> own_steps;
  own_steps.reserve(training.of_stage.size());
  for (const auto& stage : training.of_stage) {
    if (stage->size() < smallest->size()) smallest = stage.get();
    own_steps.push_back(stage->size() / images);
  }
  require_a_step(recipe, *smallest);
  warn_of_few_steps(recipe, smallest->size(), log);
  std::optional<std::int64_t> steps;
  std::optional<double> epochs;
  if (recipe.length.total_steps >= 0) steps = recipe.length.total_steps;
  if (recipe.length.total_epochs >= 0) epochs = recipe.length.total_epochs;
  const train::StagesConfig stages = stages_of(recipe);
  if (!own_steps.empty()) {
    return train::make_plan(recipe.schedule, stages, own_steps, images, steps, epochs);
  }
  return train::make_plan(recipe.schedule, stages, smallest->size() / images, images, steps,
                          epochs);
}

data::LoaderConfig loader_config(const Recipe& recipe, const train::Plan& plan,
                                 const train::LoaderStart& start) {
  data::LoaderConfig config;
  config.batch_size = recipe.train.batch_size;
  config.workers = workers_of(recipe);
  config.seed = static_cast<std::uint64_t>(recipe.train.seed);
  config.batches_per_epoch = plan.steps_per_epoch_of(start.stage) * start.share.count;
  config.max_bad_fraction = recipe.data.max_bad_fraction;
  start.apply_to(config);
  return config;
}

}  // namespace dbot::run
