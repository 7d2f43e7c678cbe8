#include "dbot/report/advice/stage_gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "dbot/report/metrics/accuracy.h"
#include "dbot/report/metrics/evaluation_table.h"

namespace dbot::report {
namespace {

// Two trainings of one recipe that differ in nothing but their seed differ by about as much.
constexpr double kRankNoise = 0.1;     // of the rank before
constexpr double kCosineNoise = 0.02;  // of the mean cosine

std::vector<StageMeasure> accuracy_measures(const Observed& observed, std::int64_t stage) {
  std::vector<StageMeasure> measures;
  for (const Comparison& comparison : compare_all_accuracies(observed.figures.evaluations)) {
    const auto at_end = [&](std::int64_t wanted) {
      return std::ranges::find_if(comparison.trained, [&](const Comparison::Trained& trained) {
        return trained.ends_stage && trained.stage == wanted;
      });
    };
    const auto before = at_end(stage - 1), after = at_end(stage), none = comparison.trained.end();
    if (before == none || after == none) continue;
    // What is evaluated may have been changed where the run went on.
    if (before->train_samples != after->train_samples ||
        before->test_samples != after->test_samples) {
      continue;
    }
    measures.push_back({.name = protocol_title(comparison.protocol) + " top-1",
                        .before = before->top1,
                        .after = after->top1,
                        .noise = comparison.noise,
                        .percent = true});
  }
  return measures;
}

const FeatureHealth* health_at_end(const Observed& observed, std::int64_t stage) {
  for (const PictureSet& set : observed.pictures) {
    if (set.moment == Moment::stage && set.stage == stage) return &set.health;
  }
  return nullptr;
}

std::vector<StageMeasure> feature_measures(const Observed& observed, std::int64_t stage) {
  const FeatureHealth* before = health_at_end(observed, stage - 1);
  const FeatureHealth* after = health_at_end(observed, stage);
  if (before == nullptr || after == nullptr || before->images != after->images) return {};
  std::vector<StageMeasure> measures;
  if (before->effective_rank > 0 && after->effective_rank > 0 && before->width == after->width) {
    measures.push_back({.name = "effective rank",
                        .before = before->effective_rank,
                        .after = after->effective_rank,
                        .noise = kRankNoise * before->effective_rank});
  }
  if (std::isfinite(before->mean_cosine) && std::isfinite(after->mean_cosine)) {
    measures.push_back({.name = "mean cosine between images",
                        .before = before->mean_cosine,
                        .after = after->mean_cosine,
                        .noise = kCosineNoise,
                        .higher_is_better = false});
  }
  return measures;
}

std::string number_text(const StageMeasure& measure, double value) {
  return measure.percent ? fmt::format("{:.2f}\u00a0%", value) : fmt::format("{:.3g}", value);
}

}  // namespace

int StageMeasure::direction() const {
  const double gain = higher_is_better ? after - before : before - after;
  if (gain > noise) return 1;
  return gain < -noise ? -1 : 0;
}

bool StageGain::some(int direction) const {
  return std::ranges::any_of(measures,
                             [&](const auto& one) { return one.direction() == direction; });
}

bool StageGain::paid() const {
  return some(1) && (by_labels || !some(-1));
}

bool StageGain::is_worse() const {
  return some(-1) && !some(1);
}

std::optional<StageGain> stage_gain(const Observed& observed, std::int64_t stage) {
  if (stage < 1) return std::nullopt;
  StageGain gain{.stage = stage, .measures = {}};
  if (reason_against_classes(observed).empty()) gain.measures = accuracy_measures(observed, stage);
  gain.by_labels = !gain.measures.empty();
  if (!gain.by_labels) gain.measures = feature_measures(observed, stage);
  if (gain.measures.empty()) return std::nullopt;
  return gain;
}

std::vector<StageGain> stage_gains(const Observed& observed) {
  std::int64_t last = 0;
  for (const auto& evaluation : observed.figures.evaluations) {
    last = std::max(last, evaluation.stage);
  }
  for (const PictureSet& set : observed.pictures) last = std::max(last, set.stage);
  constexpr std::int64_t kMostStages = 1000;  // files are not trusted
  std::vector<StageGain> gains;
  for (std::int64_t stage = 1; stage <= std::min(last, kMostStages); ++stage) {
    if (auto gain = stage_gain(observed, stage)) gains.push_back(std::move(*gain));
  }
  return gains;
}

std::string measures_text(const StageGain& gain) {
  std::string text;
  for (const StageMeasure& measure : gain.measures) {
    text +=
        fmt::format("{}{} {} after stage {}, {} after stage {} (up to {:.2g} is chance)",
                    text.empty() ? "" : "; ", measure.name, number_text(measure, measure.before),
                    gain.stage, number_text(measure, measure.after), gain.stage + 1, measure.noise);
  }
  return text;
}

std::string gain_sentence(const StageGain& gain) {
  const std::string told = gain.paid()       ? "paid"
                           : gain.is_worse() ? fmt::format("is worse than stage {}", gain.stage)
                                             : "did not pay";
  return fmt::format("stage {} {}: {}", gain.stage + 1, told, measures_text(gain));
}

void check_stage_gain(const Observed& observed, std::vector<Advice>& findings) {
  const std::vector<StageGain> gains = stage_gains(observed);
  if (gains.empty()) return;
  const StageGain& gain = gains.back();
  const bool is_last = gain.stage + 1 >= observed.figures.planned_stages;
  Advice advice{Severity::note,
                "stages",
                fmt::format("Stage {} paid", gain.stage + 1),
                "Measured: " + measures_text(gain) + ".",
                "Each stage starts from nothing and learns from the one before; it needs about as "
                "long to become better than its teacher.",
                ""};
  if (!gain.by_labels) advice.why += " Without labels rank and cosine are signs, no proof.";
  if (gain.paid()) {
    advice.severity = is_last ? Severity::note : Severity::good;
    if (is_last) {
      advice.todo = fmt::format(
          "Another stage may pay, too: stages.count = {} in a new run, with stages.stop = "
          "\"probe\" to end it where stages no longer do.",
          gain.stage + 2);
    }
  } else {
    advice.title = fmt::format("Stage {} did not pay", gain.stage + 1);
    advice.todo =
        "As they are, further stages are not likely to pay. Train each stage longer, or let the "
        "run end here (stages.stop = \"probe\" does that).";
  }
  if (gain.is_worse()) {
    advice.severity = gain.by_labels ? Severity::warning : Severity::note;
    advice.title = fmt::format("Stage {} is worse than the one before", gain.stage + 1);
    advice.todo = fmt::format(
        "Take the weights of the stage before: stage-{}.safetensors in the run folder, or its "
        "checkpoint. Train each stage longer, or leave this stage out.",
        gain.stage);
  }
  findings.push_back(std::move(advice));
}

}  // namespace dbot::report
