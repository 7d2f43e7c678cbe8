#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/report/advice/stage_gain.h"
#include "dbot/report/advice/verdict.h"
#include "dbot/report/metrics/metrics_record.h"
#include "dbot/report/text/command_texts.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_notes.h"
#include "dbot/runtime/launch/launched.h"
#include "dbot/train/observer.h"
#include "dbot/train/trainer.h"

namespace dbot::run {

struct PretrainOptions {
  std::filesystem::path data;  // see data::open_images
  std::filesystem::path out;   // the run folder; empty: a new one, runs/NAME-N
  bool resume = false;         // go on with the run in `out`, if there is one
  std::string recipe = "run";  // its name, for run.json and for a folder without a name of its own
  /// Further sources, one behind the other; evaluations and held-out pictures are of the first.
  std::vector<std::filesystem::path> more_data = {};
  report::CommandTexts commands = {};  // the report shows them
  RecipeNotes notes = {};              // comments of RUN/recipe.toml
  /// This process among those that a launcher has started to train the run together; each of them
  /// calls `pretrain` alike. Nothing: it trains alone.
  std::optional<runtime::Launched> launched = {};
};

/// Why evaluations that were asked for are missing, some or all.
struct MissingTable {
  std::string why = {};  // empty where none is
  bool of_data = false;  // the data are at fault
};

/// What became of a run. Rates are NaN when this process trained on no image.
struct PretrainSummary {
  std::filesystem::path out;  // empty in a process that is not the first of several
  train::TrainSummary training;
  double loss = 0;  // mean of the last 50 steps of the run, earlier processes included
  double images_per_second = 0;
  double data_wait_fraction = 0;
  /// Share of this machine's measured matrix-product speed that went into the method's arithmetic.
  double model_flops_utilization = 0;
  std::int64_t peak_memory_bytes = 0;
  std::int64_t device_peak_memory_bytes = 0;  // 0: the host computed, or a device that does not say
  std::vector<report::EvaluationRecord> evaluations;  // of the whole run, as they were made
  MissingTable missing_table = {};
  std::vector<report::StageGain> stage_gains = {};  // what the stages behind the first added
  report::Verdict verdict = {};                     // that the page gives
  double chance = std::numeric_limits<double>::quiet_NaN();  // of the evaluations, percent
};

/// The library's entry: pre-trains on a folder of images into a run folder, from the start or from
/// where the run in it stands. Checks usage, recipe and data in this order before it creates the
/// folder. `watchers` see every step. Throws UsageError, DataError or Error; a run that was stopped
/// on request returns with `training.finished` false. Of several processes the first alone has the
/// folder and `watchers`, and says what is to be said; where one ends by an error, all do.
PretrainSummary pretrain(Recipe recipe, const PretrainOptions& options,
                         const std::vector<train::TrainObserver*>& watchers,
                         const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::run
