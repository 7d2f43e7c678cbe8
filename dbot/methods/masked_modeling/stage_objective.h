#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/methods/masked_modeling/masked_modeling_config.h"
#include "dbot/methods/method.h"
#include "dbot/methods/surroundings.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"

namespace dbot::methods {

/// What the student of one stage predicts, and its loss.
struct StageObjective {
  objectives::ObjectiveConfig target;
  objectives::LossConfig loss;

  bool predicts_features() const { return target.target == objectives::TargetKind::teacher; }
  /// The cls token is a loss position where the target has one and the recipe wants it.
  bool cls_in_loss() const { return predicts_features() && target.cls; }
};

/// Of a stage, counted from 0; the last one of the lists is of all that follow. A stage with
/// another target than objective.target has that target's usual values (MAE's, dBOT's), unless
/// stages.normalisations or stages.losses say otherwise. docs/methods/dbot.md §12.
StageObjective stage_objective(const MaskedModelingConfig& config, std::int64_t stage);

/// Of all stages that can differ: as many as the longest of the lists, at least one.
std::vector<StageObjective> stage_objectives(const MaskedModelingConfig& config);

/// Whether some stage predicts this.
bool some_stage_predicts(const MaskedModelingConfig& config, objectives::TargetKind target);

/// Throws UsageError unless the lists have one entry a stage, normalisations fit targets, and
/// nothing else contradicts them: a first teacher that no stage learns from, an average of a
/// student of pixels, an optimizer kept for another predictor.
void check_stage_objectives(const MaskedModelingConfig& config, const Surroundings& surroundings);

/// The recipe's words, in the order of the enumerations.
const std::vector<std::string>& target_words();
const std::vector<std::string>& normalisation_words();
const std::vector<std::string>& loss_words();

/// In the recipe's words.
ModelFacts::Objective in_words(const StageObjective& objective);

}  // namespace dbot::methods
