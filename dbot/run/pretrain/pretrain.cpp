#include "dbot/run/pretrain/pretrain.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/data/cached_dataset.h"
#include "dbot/data/stoppable_dataset.h"
#include "dbot/eval/frozen/label_draws.h"
#include "dbot/run/pretrain/fixed_choices.h"
#include "dbot/run/pretrain/held_out.h"
#include "dbot/run/pretrain/kept_run.h"
#include "dbot/run/pretrain/pretrain_setup.h"
#include "dbot/run/pretrain/processes.h"
#include "dbot/run/recipe/resolve.h"
#include "dbot/run/training_data/batch_parts.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/run/training_data/training_texts.h"
#include "dbot/train/ranks/share_checkpoint.h"

namespace dbot::run {
namespace {

constexpr const char* kStoppedBefore =
    "[run] stopped on request before the run began; the same command begins it";

train::TrainerSettings trainer_settings(const Recipe& recipe, const train::Plan& plan,
                                        std::string choices) {
  train::TrainerSettings settings;
  settings.train = recipe.train;
  settings.optimizer = recipe.optimizer;
  settings.schedule = recipe.schedule;
  settings.stages = stages_of(recipe);
  settings.checkpoint = recipe.checkpoint;
  settings.plan = plan;
  settings.precision = precision_of(recipe);
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

std::vector<std::filesystem::path> sources_of(const PretrainOptions& options) {
  std::vector<std::filesystem::path> sources{options.data};
  sources.insert(sources.end(), options.more_data.begin(), options.more_data.end());
  return sources;
}

/// What the stage under way reads; stages that share their data share it.
struct StageReading {
  std::shared_ptr<const data::Dataset> images, files;  // as they are, and cached
  std::vector<data::BatchPartFactory> parts;
};

/// One run in one process: alone, or one of several.
class Pretraining {
 public:
  Pretraining(Recipe recipe, const PretrainOptions& options, train::Ranks& ranks,
              const core::StopRequest& stop, const core::Log& log)
      : recipe_(std::move(recipe)),
        options_(options),
        ranks_(ranks),
        stop_(stop),
        log_(log),
        opening_log_(said_once(log)),
        sources_(sources_of(options)) {}

  PretrainSummary run(const std::vector<train::TrainObserver*>& watchers);

 private:
  /// Usage, recipe and data, in this order; nothing is written.
  void open();
  void decide_statistics();
  /// What the first process does of it, with the run's folder.
  void keep(const std::vector<train::TrainObserver*>& watchers);
  void read_stage(StageReading& reading, std::int64_t stage) const;
  std::unique_ptr<train::Trainer> make_trainer();
  PretrainSummary train(train::Trainer& trainer);

  Recipe recipe_;
  const PretrainOptions& options_;
  train::Ranks& ranks_;
  const core::StopRequest& stop_;
  const core::Log& log_;
  core::Log opening_log_;
  std::vector<std::filesystem::path> sources_;
  std::unique_ptr<methods::Method> method_;
  TrainingImages images_;
  TrainingTexts texts_;
  train::Plan plan_;
  std::string choices_;
  train::TrainerSettings settings_;
  std::optional<KeptRun> kept_;  // of the first process
  std::optional<train::Checkpoint> checkpoint_;
};

void Pretraining::open() {
  check(recipe_);
  // What the method reads from files is refused, too, before the run has a folder.
  const bool resuming = resolve(recipe_, options_, ranks_, log_);
  method_ = resuming ? methods::catalogue::make_stored(recipe_.method, make_context(recipe_))
                     : methods::catalogue::make(recipe_.method, make_context(recipe_));
  images_ = open_training_images(sources_, recipe_, stop_, opening_log_);
  plan_ = plan_for(recipe_, images_, log_);
  texts_ = open_training_texts(images_, recipe_, opening_log_);
  const train::ValidationSettings validation =
      open_validation(recipe_, options_.data, images_, texts_, *method_, opening_log_);
  if (stop_.requested()) throw Stopped(kStoppedBefore);
  choices_ = fixed_choices(recipe_, *images_.images, sources_, texts_.checksum);
  settings_ = trainer_settings(recipe_, plan_, choices_);
  settings_.validation = validation;
  require_agreement(ranks_, recipe_, choices_);
}

void Pretraining::decide_statistics() {
  if (ranks_.first()) {
    const data::StoppableDataset images(*images_.images, stop_, kStoppedBefore);
    resolve_statistics(recipe_, images, log_);
  }
  share_recipe(recipe_, ranks_, [&](const std::string& decided) {
    resolve_like(recipe_, read_recipe(decided, "the recipe of rank 0"), log_);
  });
  methods::DataFacts facts = data_facts(recipe_);
  facts.classes = images_.images->classes();
  facts.words = texts_.tokenizer ? texts_.tokenizer->vocabulary().tokens() : images_.words;
  facts.row_width = images_.row_width;
  facts.word_frequencies = images_.word_frequencies;
  for (std::int64_t stage = 0; stage < plan_.stages(); ++stage) {
    facts.stage_batches.push_back((plan_.end_of(stage) - plan_.begin_of(stage)) *
                                  recipe_.train.accumulate);
  }
  method_->see_data(facts);
}

void Pretraining::keep(const std::vector<train::TrainObserver*>& watchers) {
  std::map<std::string, std::string> further;
  if (images_.chosen) further["labels.txt"] = eval::lines_of(*images_.images);
  if (texts_.tokenizer) {
    further[vocabulary_of({}).string()] = texts_.tokenizer->vocabulary().text();
  }
  if (!images_.division.empty()) further["tasks.txt"] = images_.division;
  kept_->store(with_notes(to_toml(recipe_), options_.notes), defaults_like(recipe_), further);
  checkpoint_ = find_checkpoint(kept_->folder(), choices_, *images_.images, log_);
  kept_->watch(std::make_unique<Observers>(
      RunContext{recipe_, sources_, images_.kind, kept_->folder(), stop_, log_, opening_log_,
                 images_.images, texts_, options_.recipe, options_.commands, ranks_.count()},
      watchers));
  settings_.checkpoint_folder = kept_->folder().checkpoints();
  settings_.captures.folder = kept_->folder().captures();
}

void Pretraining::read_stage(StageReading& reading, std::int64_t stage) const {
  const auto& images = images_.learned_in(stage);
  if (reading.images == images) return;
  reading.images = images;
  reading.files = data::cached(images, recipe_.data.cache_bytes);
  reading.parts = batch_parts(recipe_, reading.files, texts_, Reading::training, log_);
  for (auto& part : held_out_parts(images_)) reading.parts.push_back(std::move(part));
}

std::unique_ptr<train::Trainer> Pretraining::make_trainer() {
  const auto reading = std::make_shared<StageReading>();
  const auto make_loader = [this, reading](const train::LoaderStart& start, const core::Log& log) {
    read_stage(*reading, start.stage);
    data::LoaderConfig config = loader_config(recipe_, plan_, start);
    if (images_.of_stage.empty()) config.sources = source_shares(recipe_, images_.sizes);
    return std::make_unique<data::Loader>(reading->files, reading->parts, config, log);
  };
  settings_.ranks = &ranks_;
  if (recipe_.stages.stop == train::StageStop::probe) {
    settings_.makes_next_stage = [this](std::int64_t stage) {
      return kept_->observers().makes_next_stage(stage);
    };
  }
  settings_.captures.recipe = to_toml(recipe_);
  settings_.captures.sample_name = [reading](std::int64_t sample) {
    return reading->images->name(sample % reading->images->size());
  };
  const auto observers = kept_ ? kept_->observers().all() : std::vector<train::TrainObserver*>();
  return std::make_unique<train::Trainer>(settings_, *method_, make_loader, observers, log_);
}

PretrainSummary Pretraining::train(train::Trainer& trainer) {
  if (kept_) return kept_->run(trainer, stop_, *method_, precision_of(recipe_));
  PretrainSummary summary;
  summary.training = trainer.run(stop_);
  return summary;
}

PretrainSummary Pretraining::run(const std::vector<train::TrainObserver*>& watchers) {
  std::unique_ptr<train::Trainer> trainer;
  {
    const train::Ranks::Busy busy(ranks_);  // opening takes each its own time
    open();
    if (ranks_.first()) kept_.emplace(options_, log_);
    decide_statistics();
    if (kept_) keep(watchers);
    checkpoint_ = train::share_checkpoint(ranks_, std::move(checkpoint_));
    trainer = make_trainer();
    if (checkpoint_) trainer->resume(*checkpoint_);
    checkpoint_.reset();
  }
  return train(*trainer);
}

}  // namespace

PretrainSummary pretrain(Recipe recipe, const PretrainOptions& options,
                         const std::vector<train::TrainObserver*>& watchers,
                         const core::StopRequest& stop, const core::Log& log) {
  if (!options.launched || options.launched->ranks == 1) {
    train::Ranks alone;
    return Pretraining(std::move(recipe), options, alone, stop, log).run(watchers);
  }
  train::Ranks ranks(runtime::group_config(*options.launched));
  try {
    const core::Log own_log = ranks.first() ? log : core::silent_log();
    return Pretraining(std::move(recipe), options, ranks, stop, own_log).run(watchers);
  } catch (const Error& problem) {
    ranks.end(problem);
    throw;
  }
}

}  // namespace dbot::run
