#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "dbot/run/pretrain/pretrain.h"

// What `dbot pretrain` and `dbot resume` have in common: a run with its progress and its result.
namespace dbot::app {

/// Trains, prints the result and returns the run's folder. Throws Stopped with `goes_on`, the
/// command that goes on with the run of that folder, when it was stopped on request.
std::filesystem::path train_run(run::Recipe recipe, const run::PretrainOptions& options, bool json,
                                const std::function<std::string(const std::string& run)>& goes_on);

}  // namespace dbot::app
