#include "dbot/run/pretrain/pretrain.h"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/data/cached_dataset.h"
#include "dbot/data/stoppable_dataset.h"
#include "dbot/eval/frozen/label_draws.h"
#include "dbot/report/page/page_data.h"
#include "dbot/run/pretrain/bad_file_list.h"
#include "dbot/run/pretrain/fixed_choices.h"
#include "dbot/run/pretrain/held_out.h"
#include "dbot/run/pretrain/observers.h"
#include "dbot/run/pretrain/pretrain_setup.h"
#include "dbot/run/pretrain/pretrain_summary.h"
#include "dbot/run/pretrain/training_images.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/train/run_folder.h"

namespace dbot::run {
namespace {

constexpr const char* kStoppedBefore =
    "[run] stopped on request before the run began; the same command begins it";

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

/// A log for opening data: what there is to say of a set is said once, though several read it.
core::Log said_once(const core::Log& log) {
  return [&log, said = std::make_shared<std::set<std::string, std::less<>>>()](
             core::LogLevel level, std::string_view text) {
    if (said->emplace(text).second) log(level, text);
  };
}

}  // namespace

PretrainSummary pretrain(Recipe recipe, const PretrainOptions& options,
                         const std::vector<train::TrainObserver*>& watchers,
                         const core::StopRequest& stop, const core::Log& log) {
  check(recipe);
  // What the method reads from files is refused, too, before the run has a folder.
  const bool resuming = resolve(recipe, options, log);
  const auto method = resuming
                          ? methods::catalogue::make_stored(recipe.method, make_context(recipe))
                          : methods::catalogue::make(recipe.method, make_context(recipe));
  std::vector<std::filesystem::path> sources{options.data};
  sources.insert(sources.end(), options.more_data.begin(), options.more_data.end());
  const core::Log opening_log = said_once(log);
  const TrainingImages training_images = open_training_images(sources, recipe, stop, opening_log);
  const auto& dataset = training_images.images;
  const train::Plan plan = plan_for(recipe, *dataset, log);
  const train::ValidationSettings validation =
      open_validation(recipe, options.data, training_images, *method, opening_log);
  if (stop.requested()) throw Stopped(kStoppedBefore);
  train::RunFolder folder = claim_folder(options);
  resolve_statistics(recipe, data::StoppableDataset(*dataset, stop, kStoppedBefore), log);
  methods::DataFacts facts = data_facts(recipe);
  facts.classes = dataset->classes();
  method->see_data(facts);
  const std::string recipe_toml = to_toml(recipe);
  const std::string choices = fixed_choices(recipe, *dataset, sources);
  folder.store_recipe(with_notes(recipe_toml, options.notes), defaults_like(recipe));
  if (training_images.chosen) {
    core::write_file_atomically(folder.path() / "labels.txt", eval::lines_of(*dataset));
  }
  const auto checkpoint = find_checkpoint(folder, choices, *dataset, log);

  const Observers observers({recipe, sources, training_images.kind, folder, stop, log, opening_log,
                             dataset, options.recipe, options.commands},
                            watchers);

  const auto files = data::cached(dataset, recipe.data.cache_bytes);
  const auto parts = batch_parts(recipe, files, Crops::random, log);
  const auto make_loader = [&](std::int64_t /*stage*/, std::int64_t first_micro_batch,
                               const core::Log& loader_log) {
    data::LoaderConfig config = loader_config(recipe, plan);
    config.first_batch = first_micro_batch;
    config.sources = source_shares(recipe, training_images.sizes);
    return std::make_unique<data::Loader>(files, parts, config, loader_log);
  };
  train::TrainerSettings settings = trainer_settings(recipe, plan, folder, choices);
  settings.validation = validation;
  if (recipe.stages.stop == train::StageStop::probe) {
    settings.makes_next_stage = [&](std::int64_t stage) {
      return observers.makes_next_stage(stage);
    };
  }
  settings.captures.recipe = recipe_toml;
  settings.captures.sample_name = [&](std::int64_t sample) {
    return dataset->name(sample % dataset->size());
  };
  train::Trainer trainer(settings, *method, make_loader, observers.all(), log);
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
  PretrainSummary summary =
      summarise(training, *method, folder, precision_of(recipe), observers.missing_table());
  summary.stage_gains = observers.stage_gains();
  summary.verdict = observers.page_summary().verdict;
  summary.chance = observers.page_summary().chance;
  return summary;
}

}  // namespace dbot::run
