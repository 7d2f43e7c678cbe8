#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/dbot/commands/evaluate/evaluated_data.h"
#include "apps/dbot/commands/model_argument.h"
#include "dbot/eval/frozen/evaluation.h"

// dbot evaluate knn and linear: what the features of a frozen network are worth.
namespace dbot::app {

/// The options that these protocols alone have.
struct FrozenArguments {
  std::string features = "both", blocks, probe = "fast";
  std::int64_t seeds = 1;
  std::optional<std::int64_t> batch;       // images of a step, as MAE's authors train
  std::optional<std::int64_t> neighbours;  // of knn
};

/// What is to be computed. `protocol` is "knn" or "linear". Throws UsageError naming the option for
/// values that do not fit.
eval::EvaluateConfig frozen_configuration(const std::string& protocol, const EvaluatedData& asked,
                                          const FrozenArguments& arguments);

/// Evaluates and shows the figures; of few labels or several seeds they are kept. `model.model` may
/// be "pixels", the images themselves.
void evaluate_frozen(const ModelArguments& model, const EvaluatedData& asked,
                     const eval::EvaluateConfig& config, bool json);

}  // namespace dbot::app
