#pragma once

#include <string>
#include <vector>

#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_notes.h"
#include "dbot/run/start/plan_start.h"

namespace dbot::run {

/// A choice, for people: a row of the table that is printed.
struct StartReason {
  std::string what, choice, why;
  std::vector<std::string> keys = {};  // of the recipe, under which the reason stands
};

/// Every choice of a plan with its reason, in the order of a recipe.
std::vector<StartReason> reasons_of(const StartPlan& plan, const StartData& data,
                                    const StartRequest& request);

/// The chosen keys as a TOML document; a recipe with `keys` assigned behind it is complete.
std::string start_toml(const StartPlan& plan, const StartData& data);
/// To time steps: one stage on one target.
std::string start_toml(const StartShape& shape, const std::string& target, std::int64_t batch,
                       const StartData& data);

/// The reasons as comments of a recipe (recipe_notes.h).
RecipeNotes notes_of(const std::vector<StartReason>& reasons);

/// Whether recipes have the key.
bool recipes_have(std::string_view key);

}  // namespace dbot::run
