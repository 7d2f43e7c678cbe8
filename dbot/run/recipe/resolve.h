#pragma once

#include <optional>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/runtime/launch/launched.h"
#include "dbot/runtime/precision.h"

// What a recipe leaves open ("auto", 0, empty) is decided once, when a run begins, stored with it
// and reused whenever it goes on: the same run never depends on where it is resumed.
namespace dbot::run {

/// Decides device, precision, threads and lanes, for this machine and the processes of `launched`
/// (nothing: one). Mean and deviation stay as they are.
void resolve_compute(Recipe& recipe, const core::Log& log,
                     const std::optional<runtime::Launched>& launched = {});

/// Decides kernels and matrix products, by rule or, where the recipe wants that, by measurement
/// with the compute threads of now, and puts them to use. Throws UsageError for kernels that this
/// processor does not have.
void resolve_kernels(Recipe& recipe, const core::Log& log);

/// Puts a stored recipe's kernels to use; with a warning others where this processor lacks them.
void use_kernels(const Recipe& recipe, const core::Log& log);

/// Measures mean and deviation of the data where the recipe does not give them.
void resolve_statistics(Recipe& recipe, const data::Dataset& dataset, const core::Log& log);

/// Of a run that goes on: what the recipe leaves open is taken from `stored`. Throws UsageError
/// when this machine cannot compute what the run was begun with.
void resolve_like(Recipe& recipe, const Recipe& stored, const core::Log& log);

/// Of a resolved recipe.
runtime::Precision precision_of(const Recipe& recipe);
/// Loading threads of a resolved recipe; 0: images are decoded between the steps.
int workers_of(const Recipe& recipe);

}  // namespace dbot::run
