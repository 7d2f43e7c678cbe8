#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/report/text/command_texts.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_texts.h"
#include "dbot/train/observer.h"
#include "dbot/train/run_folder.h"
#include "dbot/train/tolerant_observer.h"

namespace dbot::report {
class PageObserver;
class StageObserver;
struct PageSummary;
}  // namespace dbot::report

namespace dbot::run {

/// What the observers of a run may need to know of it; all of it outlives them.
struct RunContext {
  const Recipe& recipe;                            // resolved
  const std::vector<std::filesystem::path>& data;  // its sources
  const std::string& data_kind;                    // of these
  const train::RunFolder& folder;
  const core::StopRequest& stop;
  const core::Log& log;
  const core::Log& opening_log;                         // for who opens data
  const std::shared_ptr<const data::Dataset>& dataset;  // what is trained on
  const TrainingTexts& texts;                           // that are read with it
  const std::string& recipe_name;
  const report::CommandTexts& commands;
  int processes = 1;  // that train it together
};

/// Everything that watches a run, made and put in order in one place: `observers.cpp` is where a
/// new observer gets its line.
class Observers {
 public:
  /// `watchers` are the caller's: told of each step right after it stands in metrics.jsonl.
  Observers(const RunContext& context, const std::vector<train::TrainObserver*>& watchers);

  /// Writes down how the run ended, after everything else stands in its folder.
  void ended(bool finished) const;
  /// What the page says in a few words, as of then.
  const report::PageSummary& page_summary() const;

  /// What kept evaluations that were asked for from being made.
  MissingTable missing_table() const;

  /// Whether the stage behind this one is worth making.
  bool makes_next_stage(std::int64_t stage) const;
  /// What the stages behind the first added.
  std::vector<report::StageGain> stage_gains() const;

  /// In the order in which they are told; valid as long as this object.
  const std::vector<train::TrainObserver*>& all() const { return all_; }

 private:
  /// One the run cannot do without: its errors end the run. Nothing if it is null.
  train::TrainObserver* need(std::unique_ptr<train::TrainObserver> observer);
  /// One the run can do without: its errors are warnings that name `what`. Nothing if it is null.
  const train::TolerantObserver* try_to(std::unique_ptr<train::TrainObserver> observer,
                                        std::string what);

  const core::Log& log_;
  const train::TolerantObserver* evaluation_ = nullptr;
  std::string no_labels_;  // why labels that are there cannot be used
  std::vector<std::unique_ptr<train::TrainObserver>> owned_;
  std::vector<train::TrainObserver*> all_;
  const report::StageObserver* stages_ = nullptr;
  report::PageObserver* page_ = nullptr;
};

}  // namespace dbot::run
