#pragma once

#include <functional>
#include <string>

#include "dbot/run/recipe/recipe.h"
#include "dbot/train/ranks/ranks.h"

// What the processes of a run tell each other before it begins. All of them call these alike; for
// one alone they do nothing.
namespace dbot::run {

/// Gives `follow` the recipe of the first process, as TOML, in the others.
void share_recipe(const Recipe& recipe, train::Ranks& ranks,
                  const std::function<void(const std::string& decided)>& follow);

/// Throws UsageError for a system that needs one process, and where so many do not divide a step.
void check_processes(const Recipe& recipe, int processes);

/// Throws UsageError in all processes, naming one that differs and in what, unless they have the
/// same program, (resolved) recipe and data. `fixed_choices`: fixed_choices.h.
void require_agreement(train::Ranks& ranks, const Recipe& recipe, const std::string& fixed_choices);

}  // namespace dbot::run
