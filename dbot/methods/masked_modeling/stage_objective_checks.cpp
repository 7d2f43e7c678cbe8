// Whether the targets of the stages fit each other and the rest of masked modelling's values.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>

#include "dbot/methods/check_values.h"
#include "dbot/methods/masked_modeling/stage_objective.h"

namespace dbot::methods {
namespace {

using objectives::Normalisation;
using objectives::TargetKind;

template <typename Enumeration>
void check_length(const char* key, const std::vector<Enumeration>& values,
                  const std::vector<std::string>& words, std::int64_t stages) {
  std::vector<std::string> named;
  for (const Enumeration value : values) {
    named.push_back("\"" + words.at(static_cast<std::size_t>(value)) + "\"");
  }
  check_stage_list(key, named, stages);
}

bool fits(TargetKind target, Normalisation normalisation) {
  if (target == TargetKind::teacher) return normalisation != Normalisation::patch;
  return normalisation == Normalisation::none || normalisation == Normalisation::patch ||
         normalisation == Normalisation::variance;
}

void check_normalisations(const MaskedModelingConfig& config) {
  for (std::size_t i = 0; i < config.stage_normalisations.size(); ++i) {
    const StageObjective objective = stage_objective(config, static_cast<std::int64_t>(i));
    if (fits(objective.target.target, objective.target.normalisation)) continue;
    const ModelFacts::Objective words = in_words(objective);
    refuse_recipe(
        fmt::format("stages.normalisations has \"{}\" for stage {}, whose target is \"{}\"; choose "
                    "{}, or leave "
                    "stages.normalisations out",
                    words.normalisation, i + 1, words.target,
                    objective.predicts_features()
                        ? "\"token\", \"layer_norm\", \"variance\", \"l2\" or \"none\""
                        : "\"patch\", \"variance\" or \"none\""));
  }
}

/// The key of the first value that is of the first stage's teacher alone; empty where all are left
/// to their defaults.
std::string key_of_first_teacher(const objectives::TeacherConfig& teacher) {
  if (teacher.init != objectives::TeacherInit::random) return "teacher.init";
  if (teacher.depth >= 0) return "teacher.depth";
  if (teacher.width > 0) return "teacher.width";
  if (teacher.heads > 0) return "teacher.heads";
  if (teacher.patch_size > 0) return "teacher.patch_size";
  return teacher.image_size == core::Size{} ? "" : "teacher.image_size";
}

void check_first_teacher(const MaskedModelingConfig& config) {
  if (config.stage_targets.empty() || stage_objective(config, 0).predicts_features()) return;
  const std::string key = key_of_first_teacher(config.teacher);
  if (key.empty()) return;
  refuse_recipe(fmt::format(
      "{} is given, but stages.targets begins with \"pixels\", so that no stage learns from that "
      "teacher; leave {} out, or let stages.targets begin with \"teacher\"",
      key, key));
}

void check_averages(const MaskedModelingConfig& config) {
  if (config.teacher.update == objectives::TeacherUpdate::stage) return;
  if (config.stage_targets.empty() || !some_stage_predicts(config, TargetKind::pixels)) return;
  refuse_recipe(
      "teacher.update is \"step\", but stages.targets has \"pixels\", and such a stage has no "
      "teacher that could follow its student; set teacher.update = \"stage\" or leave "
      "stages.targets out");
}

void check_kept_optimizer(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  const auto& targets = config.stage_targets;
  const bool one_target =
      std::adjacent_find(targets.begin(), targets.end(), std::not_equal_to<>()) == targets.end();
  if (!surroundings.keep_optimizer || one_target) return;
  refuse_recipe(
      "stages.keep_optimizer is true, but stages.targets has \"pixels\" and \"teacher\", whose "
      "students predict with matrices of their own; set stages.keep_optimizer = false");
}

}  // namespace

void check_stage_objectives(const MaskedModelingConfig& config, const Surroundings& surroundings) {
  check_length("stages.targets", config.stage_targets, target_words(), surroundings.stages);
  check_length("stages.normalisations", config.stage_normalisations, normalisation_words(),
               surroundings.stages);
  check_length("stages.losses", config.stage_losses, loss_words(), surroundings.stages);
  check_normalisations(config);
  check_first_teacher(config);
  check_averages(config);
  check_kept_optimizer(config, surroundings);
}

}  // namespace dbot::methods
