#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/dbot/commands/evaluate/evaluated_data.h"
#include "apps/dbot/commands/model_argument.h"

// dbot evaluate continual: a run that learns the classes of a data set as tasks, one after another.
namespace dbot::app {

/// The options of such a run that no other evaluation has.
struct ContinualArguments {
  std::string recipe;  // its name or a .toml file
  std::optional<std::int64_t> tasks;
  std::optional<double> density;
  std::string transfer, learning;  // empty: the recipe's
};

/// Composes the recipe and trains. Throws UsageError for a recipe of another system, Stopped with
/// the command that goes on.
void continual(const ModelArguments& model, const EvaluatedData& data,
               const ContinualArguments& arguments, const std::vector<std::string>& settings,
               bool resume, bool json, const std::vector<std::string>& words);

}  // namespace dbot::app
