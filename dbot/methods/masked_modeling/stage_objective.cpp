#include "dbot/methods/masked_modeling/stage_objective.h"

#include <algorithm>
#include <cstddef>

namespace dbot::methods {
namespace {

using objectives::Normalisation;
using objectives::TargetKind;

/// `otherwise` for an empty list.
template <typename Value>
Value of_stage(const std::vector<Value>& values, std::int64_t stage, Value otherwise) {
  if (values.empty()) return otherwise;
  return values.at(std::min(static_cast<std::size_t>(stage), values.size() - 1));
}

template <typename Enumeration>
const std::string& word(const std::vector<std::string>& words, Enumeration value) {
  return words.at(static_cast<std::size_t>(value));
}

}  // namespace

StageObjective stage_objective(const MaskedModelingConfig& config, std::int64_t stage) {
  StageObjective result{config.objective, config.loss};
  const TargetKind own = config.objective.target;
  const TargetKind target = of_stage(config.stage_targets, stage, own);
  if (target != own) {
    const bool pixels = target == TargetKind::pixels;
    result.target.target = target;
    result.target.normalisation = pixels ? Normalisation::patch : Normalisation::token;
    result.loss.kind = pixels ? objectives::LossKind::mse : objectives::LossKind::smooth_l1;
    result.loss.beta = objectives::LossConfig().beta;
  }
  result.target.normalisation =
      of_stage(config.stage_normalisations, stage, result.target.normalisation);
  result.loss.kind = of_stage(config.stage_losses, stage, result.loss.kind);
  return result;
}

std::vector<StageObjective> stage_objectives(const MaskedModelingConfig& config) {
  const std::size_t stages = std::max({config.stage_targets.size(), config.stage_losses.size(),
                                       config.stage_normalisations.size(), std::size_t{1}});
  std::vector<StageObjective> objectives;
  for (std::size_t stage = 0; stage < stages; ++stage) {
    objectives.push_back(stage_objective(config, static_cast<std::int64_t>(stage)));
  }
  return objectives;
}

bool some_stage_predicts(const MaskedModelingConfig& config, TargetKind target) {
  return std::ranges::any_of(stage_objectives(config), [&](const StageObjective& objective) {
    return objective.target.target == target;
  });
}

const std::vector<std::string>& target_words() {
  static const std::vector<std::string> words{"teacher", "pixels"};
  return words;
}

const std::vector<std::string>& normalisation_words() {
  static const std::vector<std::string> words{"none",       "token",    "patch",
                                              "layer_norm", "variance", "l2"};
  return words;
}

const std::vector<std::string>& loss_words() {
  static const std::vector<std::string> words{"mse", "smooth_l1", "l1", "l2", "cosine"};
  return words;
}

ModelFacts::Objective in_words(const StageObjective& objective) {
  return {.target = word(target_words(), objective.target.target),
          .loss = word(loss_words(), objective.loss.kind),
          .normalisation = word(normalisation_words(), objective.target.normalisation),
          .beta = objective.loss.beta};
}

}  // namespace dbot::methods
