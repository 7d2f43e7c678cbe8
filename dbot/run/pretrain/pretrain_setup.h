#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/loader.h"
#include "dbot/run/pretrain/pretrain.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/train/checkpoint/checkpoint.h"
#include "dbot/train/plan.h"
#include "dbot/train/ranks/ranks.h"
#include "dbot/train/run_folder.h"
#include "dbot/train/trainer.h"

// From what a user asked for to what the parts of a run are given.
namespace dbot::run {

/// Decides what the recipe leaves open (mean and deviation excepted) and puts kernels and threads
/// to use; refuses what can be refused before the data are looked at. True if the run goes on from
/// an earlier process. Throws UsageError or Error. Of several processes the first decides, and all
/// call it.
bool resolve(Recipe& recipe, const PretrainOptions& options, train::Ranks& ranks,
             const core::Log& log);

/// The recipe's keys with their defaults: what a run of an older program, which stored fewer keys,
/// was trained with.
std::string defaults_like(const Recipe& recipe);

/// Creates or opens and locks the run's folder.
train::RunFolder claim_folder(const PretrainOptions& options);

/// Where the run goes on; empty if it begins, with a warning if steps were made before. Throws
/// DataError if all checkpoints are broken or the data are not those the run was begun with.
std::optional<train::Checkpoint> find_checkpoint(const train::RunFolder& folder,
                                                 const std::string& choices,
                                                 const data::Dataset& dataset,
                                                 const core::Log& log);

/// The run's length in steps. Throws UsageError if the data have fewer images than one step takes;
/// warns where a step takes so many that an epoch has few steps. Both name numbers that fit.
train::Plan plan_for(const Recipe& recipe, const TrainingImages& training, const core::Log& log);

/// `start`: where it begins, and what of each step it reads.
data::LoaderConfig loader_config(const Recipe& recipe, const train::Plan& plan,
                                 const train::LoaderStart& start);

}  // namespace dbot::run
