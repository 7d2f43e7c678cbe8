#include "dbot/run/pretrain.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/core/files.h"
#include "dbot/optim/schedule.h"
#include "dbot/report/evaluation_observer.h"
#include "dbot/report/metrics.h"
#include "dbot/run/bad_file_list.h"
#include "dbot/run/evaluations.h"
#include "dbot/run/memory_estimate.h"
#include "dbot/run/model_file.h"
#include "dbot/run/resolve.h"
#include "dbot/runtime/machine.h"
#include "dbot/train/run_folder.h"

namespace dbot::run {
namespace {

namespace fs = std::filesystem;

/// Usage and recipe: everything that can be refused before the data is looked at.
Recipe resolve_and_check(const Recipe& recipe, const PretrainOptions& options,
                         const core::Log& log) {
  const bool resuming = train::RunFolder::check(options.out, options.resume);
  Recipe resolved;
  if (resuming) {
    const fs::path file = options.out / "recipe.toml";
    const Recipe stored = parse_recipe(core::read_text_file(file), file.string());
    resolved = resolve_like(recipe, stored, log);
    train::RunFolder::check_recipe(options.out, to_toml(resolved));
  } else {
    resolved = resolve_compute(recipe, log);
  }
  const std::int64_t memory = runtime::describe_machine().memory_bytes;
  check_memory(resolved, memory);
  runtime::configure_compute(static_cast<int>(resolved.compute.threads));
  const auto& teacher = resolved.teacher;
  const bool own_shape = teacher.width > 0 || teacher.heads > 0 || teacher.patch_size > 0 ||
                         teacher.image_size != core::Size{};
  if (!resuming && (teacher.init == objectives::TeacherInit::file || own_shape)) {
    // Whether it fits the student shows only when it is there; before anything is written.
    methods::make_initial_teacher(teacher, resolved.model, 0);
  }
  return resolved;
}

train::Plan plan_for(const Recipe& recipe, const data::Dataset& dataset) {
  const std::int64_t images = images_per_step(recipe);
  if (images > dataset.size()) {
    throw UsageError(
        fmt::format("[recipe] train.batch_size {} x train.accumulate {} = {} images a step, but "
                    "the data set has "
                    "{}; lower them, for example --set train.batch_size={}{}",
                    recipe.train.batch_size, recipe.train.accumulate, images, dataset.size(),
                    std::min(recipe.train.batch_size, dataset.size()),
                    recipe.train.accumulate > 1 ? " --set train.accumulate=1" : ""));
  }
  std::optional<std::int64_t> steps;
  std::optional<double> epochs;
  if (recipe.length.total_steps >= 0) steps = recipe.length.total_steps;
  if (recipe.length.total_epochs >= 0) epochs = recipe.length.total_epochs;
  return train::make_plan(recipe.schedule, recipe.stages, dataset.size() / images, images, steps,
                          epochs);
}

data::LoaderConfig loader_config(const Recipe& recipe, const train::Plan& plan) {
  data::LoaderConfig config;
  config.image_size = recipe.model.image_size;
  config.channels = static_cast<int>(recipe.model.channels);
  config.batch_size = recipe.train.batch_size;
  config.workers = workers_of(recipe);
  config.seed = static_cast<std::uint64_t>(recipe.train.seed);
  config.augmentation = recipe.data.augmentation;
  config.batches_per_epoch = plan.steps_per_epoch * recipe.train.accumulate;
  config.max_bad_fraction = recipe.data.max_bad_fraction;
  return config;
}

/// What every checkpoint remembers beside the recipe: a run goes on with the same data only.
std::string fixed_choices(const Recipe& recipe, const data::Dataset& dataset) {
  return nlohmann::ordered_json{{"precision", runtime::name(precision_of(recipe))},
                                {"threads", recipe.compute.threads},
                                {"images", dataset.size()},
                                {"libtorch", runtime::describe_machine().libtorch_version},
                                {"instruction_set", runtime::describe_machine().instruction_set}}
      .dump();
}

void check_fixed_choices(const std::string& stored, const std::string& now, const core::Log& log) {
  const auto before = nlohmann::json::parse(stored, nullptr, false);
  const auto after = nlohmann::json::parse(now, nullptr, false);
  if (!before.is_object() || !after.is_object()) return;
  if (before.contains("images") && before["images"] != after["images"]) {
    throw DataError(
        fmt::format("[resume] the data set has {} images, this run was begun with {}; restore the "
                    "data, or begin "
                    "a new run with another --out",
                    after["images"].dump(), before["images"].dump()));
  }
  for (const char* key : {"libtorch", "instruction_set"}) {
    if (!before.contains(key) || before[key] == after[key]) continue;
    log(core::LogLevel::warning,
        fmt::format(
            "{} was {} and is {} now: the run goes on, but not bit for bit as it would have", key,
            before[key].dump(), after[key].dump()));
  }
}

train::TrainerSettings trainer_settings(const Recipe& recipe, const train::Plan& plan,
                                        const train::RunFolder& folder, std::string choices) {
  train::TrainerSettings settings;
  settings.plan = plan;
  settings.peak_rate = optim::scaled_rate(recipe.optimizer.base_lr, images_per_step(recipe));
  settings.min_rate = recipe.schedule.min_lr;
  settings.clip_norm = recipe.optimizer.clip_norm;
  settings.keep_optimizer = recipe.stages.keep_optimizer;
  settings.accumulate = recipe.train.accumulate;
  settings.seed = static_cast<std::uint64_t>(recipe.train.seed);
  settings.max_skipped_steps = recipe.train.max_skipped_steps;
  settings.precision = precision_of(recipe);
  settings.checkpoint = recipe.checkpoint;
  settings.checkpoint_folder = folder.checkpoints();
  settings.fixed_choices = std::move(choices);
  settings.mean = recipe.data.mean;
  settings.std = recipe.data.std;
  return settings;
}

/// Mean loss of the last 50 steps of the run, earlier processes included; NaN before the first.
double recent_loss(const fs::path& metrics) {
  train::RecentMean mean(50);
  bool any = false;
  for (const report::MetricsRecord& record : report::read_metrics(metrics)) {
    const auto loss = record.numbers.find("loss");
    if (record.type != "step" || loss == record.numbers.end()) continue;
    if (!std::isfinite(loss->second)) continue;
    mean.add(loss->second);
    any = true;
  }
  return any ? mean.mean() : std::numeric_limits<double>::quiet_NaN();
}

PretrainSummary summarise(const train::TrainSummary& training, const methods::Method& method,
                          const train::RunFolder& folder, runtime::Precision precision) {
  PretrainSummary summary;
  summary.out = folder.path();
  summary.training = training;
  summary.training.loss = recent_loss(folder.metrics());
  summary.peak_memory_bytes = runtime::peak_memory_bytes();
  summary.evaluations = report::read_evaluations(folder.metrics());
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const bool trained = training.images > 0 && training.seconds > 0;
  summary.images_per_second =
      trained ? static_cast<double>(training.images) / training.seconds : nothing;
  summary.data_wait_fraction = trained ? training.data_wait_seconds / training.seconds : nothing;
  summary.model_flops_utilization =
      trained ? summary.images_per_second * method.flops_per_image() /
                    runtime::measure_matmul_flops(precision == runtime::Precision::bf16)
              : nothing;
  return summary;
}

}  // namespace

PretrainSummary pretrain(const Recipe& recipe, const PretrainOptions& options,
                         const std::vector<train::TrainObserver*>& watchers,
                         const core::StopRequest& stop, const core::Log& log) {
  check(recipe);
  Recipe resolved = resolve_and_check(recipe, options, log);
  const auto dataset = data::open_images(options.data, log);
  const train::Plan plan = plan_for(resolved, *dataset);
  resolved = resolve_statistics(resolved, *dataset, log);
  const std::string choices = fixed_choices(resolved, *dataset);

  const auto folder = train::RunFolder::create(options.out, options.resume, to_toml(resolved));
  const auto checkpoint = train::read_newest_checkpoint(folder.checkpoints(), log);
  if (checkpoint) check_fixed_choices(checkpoint->fixed_choices, choices, log);

  methods::MaskedModeling method(masked_modeling_config(resolved));
  report::MetricsFile metrics(folder.metrics());
  ModelFile model_file(folder.model(), resolved.data.mean, resolved.data.std);
  const auto evaluation = make_evaluation_observer(resolved, options.data, metrics, stop, log);
  std::vector<train::TrainObserver*> observers{&metrics};
  observers.insert(observers.end(), watchers.begin(), watchers.end());
  observers.push_back(&model_file);
  if (evaluation) observers.push_back(evaluation.get());

  const data::Loader* loader = nullptr;  // the trainer's, to ask which files were bad
  const auto make_loader = [&](std::int64_t first_batch) {
    data::LoaderConfig config = loader_config(resolved, plan);
    config.first_batch = first_batch;
    auto made = std::make_unique<data::Loader>(dataset, config, log);
    loader = made.get();
    return made;
  };
  train::Trainer trainer(trainer_settings(resolved, plan, folder, choices), method,
                         resolved.optimizer, make_loader, observers, log);
  if (checkpoint) trainer.resume(*checkpoint);
  const auto list_bad_files = [&] {
    if (loader) add_to_bad_file_list(folder.path() / "bad_files.txt", loader->bad_samples());
  };
  train::TrainSummary training;
  try {
    training = trainer.run(stop);
  } catch (const Error&) {
    list_bad_files();
    throw;
  }
  list_bad_files();
  return summarise(training, method, folder, precision_of(resolved));
}

}  // namespace dbot::run
