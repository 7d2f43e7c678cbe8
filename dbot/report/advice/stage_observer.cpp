#include "dbot/report/advice/stage_observer.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/report/metrics/metrics_digest.h"

namespace dbot::report {

StageObserver::StageObserver(std::filesystem::path run, KnownClasses classes, core::Log log)
    : run_(std::move(run)), classes_(std::move(classes)), log_(std::move(log)) {}

Observed StageObserver::observed() const {
  MetricsDigest digest;
  digest.read(run_ / "metrics.jsonl");
  Observed observed;
  observed.figures = digest.figures();
  observed.pictures = read_picture_sets(run_);
  observed.class_doubt = classes_.doubt;
  observed.chance = classes_.chance;
  return observed;
}

// A run that was stopped between a stage's end and the next one's first step.
void StageObserver::on_begin(const train::Plan& plan, const train::TrainState& state,
                             methods::Method& method) {
  const bool between = state.step > 0 && state.step == plan.end_of(state.stage);
  if (between && state.step < plan.total_steps()) on_stage_end(state.stage, state, method);
}

void StageObserver::on_stage_end(std::int64_t stage, const train::TrainState& /*state*/,
                                 methods::Method& /*method*/) {
  const auto gain = stage_gain(observed(), stage);
  if (!gain) return;
  log_(core::LogLevel::information, gain_sentence(*gain));
  if (!gain->is_worse()) return;
  log_(
      core::LogLevel::warning,
      fmt::format("model.safetensors holds the weights of stage {}, the newest; those of the stage "
                  "before, which was better, are in stage-{}.safetensors",
                  stage + 1, stage));
}

bool StageObserver::makes_next_stage(std::int64_t stage) const {
  if (stage < 1) return true;
  const auto gain = stage_gain(observed(), stage);
  if (!gain) {
    log_(core::LogLevel::warning,
         fmt::format(
             "stages.stop is \"probe\", but stages {} and {} were not measured alike, so the "
             "run goes on; evaluate.at_stage_ends or report.pictures measures them",
             stage, stage + 1));
    return true;
  }
  if (gain->paid()) return true;
  log_(core::LogLevel::information,
       fmt::format(
           "the run ends here, as stages.stop = \"probe\" asks: stage {} did not pay, so the "
           "stages behind it are left out",
           stage + 1));
  return false;
}

std::vector<StageGain> StageObserver::gains() const {
  return stage_gains(observed());
}

}  // namespace dbot::report
