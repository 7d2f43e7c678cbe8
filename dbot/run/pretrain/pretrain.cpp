#include "dbot/run/pretrain/pretrain.h"

#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/data/cached_dataset.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/run/pretrain/bad_file_list.h"
#include "dbot/run/pretrain/fixed_choices.h"
#include "dbot/run/pretrain/observers.h"
#include "dbot/run/pretrain/pretrain_setup.h"
#include "dbot/run/pretrain/pretrain_summary.h"
#include "dbot/run/pretrain/stoppable_dataset.h"
#include "dbot/run/pretrain/training_images.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/train/run_folder.h"

namespace dbot::run {
namespace {

train::TrainerSettings trainer_settings(const Recipe& recipe, const train::Plan& plan,
                                        const train::RunFolder& folder, std::string choices) {
  train::TrainerSettings settings;
  settings.train = recipe.train;
  settings.optimizer = recipe.optimizer;
  settings.schedule = recipe.schedule;
  settings.stages = recipe.stages;
  settings.checkpoint = recipe.checkpoint;
  settings.plan = plan;
  settings.precision = precision_of(recipe);
  settings.checkpoint_folder = folder.checkpoints();
  settings.captures.folder = folder.captures();
  settings.fixed_choices = std::move(choices);
  return settings;
}

}  // namespace

PretrainSummary pretrain(const Recipe& recipe, const PretrainOptions& options,
                         const std::vector<train::TrainObserver*>& watchers,
                         const core::StopRequest& stop, const core::Log& log) {
  check(recipe);
  Recipe resolved = resolve_and_check(recipe, options, log);
  std::vector<std::filesystem::path> sources{options.data};
  sources.insert(sources.end(), options.more_data.begin(), options.more_data.end());
  const TrainingImages training_images =
      open_training_images(sources, resolved.data.leave_out, stop, log);
  const auto& dataset = training_images.images;
  const train::Plan plan = plan_for(resolved, *dataset);
  throw_if_stopped(stop);
  train::RunFolder folder = claim_folder(options);
  resolved = resolve_statistics(resolved, StoppableDataset(*dataset, stop), log);
  const std::string recipe_toml = to_toml(resolved);
  const std::string choices = fixed_choices(resolved, *dataset, sources);
  folder.store_recipe(recipe_toml);
  const auto checkpoint = find_checkpoint(folder, choices, *dataset, log);

  methods::MaskedModeling method(masked_modeling_config(resolved));
  const Observers observers({resolved, sources, folder, stop, log, dataset, options.recipe},
                            watchers);

  const auto files = data::cached(dataset, resolved.data.cache_bytes);
  const auto make_loader = [&](std::int64_t first_micro_batch, const core::Log& loader_log) {
    data::LoaderConfig config = loader_config(resolved, plan);
    config.first_batch = first_micro_batch;
    config.sources = source_shares(resolved, training_images.sizes);
    return std::make_unique<data::Loader>(files, config, loader_log);
  };
  train::TrainerSettings settings = trainer_settings(resolved, plan, folder, choices);
  settings.captures.recipe = recipe_toml;
  settings.captures.sample_name = [&](std::int64_t sample) {
    return dataset->name(sample % dataset->size());
  };
  settings.description = [&] {
    return exchange::to_json({method.backbone().config(), resolved.data.mean, resolved.data.std});
  };
  train::Trainer trainer(settings, method, make_loader, observers.all(), log);
  if (checkpoint) trainer.resume(*checkpoint);
  const auto list_bad_files = [&] {
    try {
      add_to_bad_file_list(folder.path() / "bad_files.txt", trainer.bad_samples());
    } catch (const std::exception& problem) {  // they were told one by one
      log(core::LogLevel::warning,
          fmt::format("bad_files.txt could not be written: {}", problem.what()));
    }
  };
  train::TrainSummary training;
  try {
    training = trainer.run(stop);
  } catch (const Error&) {
    list_bad_files();
    observers.ended(/*finished=*/false);
    throw;
  }
  list_bad_files();
  observers.ended(training.finished);
  return summarise(training, method, folder, precision_of(resolved));
}

}  // namespace dbot::run
